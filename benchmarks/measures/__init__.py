"""What is measured, one module a measure. Each interleaves its subjects: a slow moment of the machine meets all."""
