"""The words for people, in Dutch and English, and the mails that carry them."""
