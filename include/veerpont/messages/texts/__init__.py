"""What people read, by where they read it: key → Dutch, English. Put together in `veerpont.messages.catalog`."""
