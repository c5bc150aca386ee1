"""People by year: tables of years, two censuses by age, growth; shared among the rows of demand."""
