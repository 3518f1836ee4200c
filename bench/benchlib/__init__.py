"""What bench/run is made of: measuring, the programs measured, the rows of the targets, the report."""
