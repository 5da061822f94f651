"""Problems and codecs of the graphs families."""
