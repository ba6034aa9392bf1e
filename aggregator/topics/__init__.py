"""Topic queries and term packs -> which topics a text belongs to, and why.

A query: `query` reads the language into `nodes`, with `mistakes` in our words; `structure` and `references` look at what a
query alone, and all topics together, give away. Packs: `packs` checks their data.
Compiled: `rules` from queries, their terms in a `vocabulary`, each by its `patterns`.
An article: `finder` looks for all terms of all topics in one pass, `reading` holds what was found (its `sentences` where
asked), `answers` asks the rules, with `near` and `facts`, and gives the score. `match` holds it all together.
"""
