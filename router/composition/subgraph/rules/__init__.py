"""Stage 3: the federation rules of one subgraph (Federation docs, "Directives"), one file per directive;
``check`` runs them in order."""
