"""The desk's pages: FastAPI and Jinja over `veerpont.desk`, which decides what everything means."""
