"""Problems and codecs of the numbers families."""
