"""Training sets in the trainers' own shapes, one file a format; every row names its problem and trace."""
