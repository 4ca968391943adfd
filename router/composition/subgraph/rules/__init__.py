"""Stage 3: the federation rules of one subgraph, one file per directive; ``check`` runs them in order."""
