"""Problems and codecs of the logic families."""
