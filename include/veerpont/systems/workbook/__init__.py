"""The one reader of workbooks and csv files that come from outside: guarded, and in a process of its own.

What a file may be is in `limits`; `guard` looks at a workbook before calamine does, `text` reads csv, `child` is the
process, `reader` starts it, and `table` finds the columns in what came back. `writer` makes workbooks of our own.
"""
