"""Topic queries and term packs -> which topics a text belongs to, and why.

`query` reads the language, `packs` checks pack data, `patterns` turns a written form into what is looked for in
folded text, `match` holds all topics together and looks for all of them in one pass.
"""
