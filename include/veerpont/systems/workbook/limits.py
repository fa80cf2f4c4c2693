"""What a file from outside may be at most (docs/decisions/0020). Far above what people send, far below what hurts."""

MILLION = 1_000_000
MB = MILLION

FILE = 50 * MB
"""Bytes of a file as it comes."""
UPLOAD = 20 * MB
"""Bytes of a file that is brought to the desk."""
EXPANDED = 250 * MB
"""Bytes of all that is packed in a workbook."""
PARTS = 2_000
"""Files that are packed in a workbook."""
SHEETS = 100
DEPTH = 64
"""XML elements within each other; Excel writes about ten."""
ELEMENTS = 6_000_000
"""XML elements in all parts together; a filled cell has two or three."""
AREA = 5_000_000
"""Cells from A1 to the last filled one, of all sheets together, the empty ones too: each takes memory."""
CELLS = 2_000_000
"""Filled cells of all sheets together."""
COLUMNS = 2_000
STRINGS = 1_000_000
"""Texts that a workbook keeps once for all cells that have them."""
CELL_TEXT = 32_767
"""Characters in one cell: Excel's own limit."""
TEXT = 50 * MB
"""Characters in all cells together."""
MEMORY = 1_000 * MB
"""Bytes of address space of the process that reads."""
SECONDS = 120
"""How long that process may take."""
