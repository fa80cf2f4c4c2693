"""Forget a person, or a customer who left: out of vault and ledger, with what is kept in their place."""
