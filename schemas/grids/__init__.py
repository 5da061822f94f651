"""Problems and codecs of the grids families."""
