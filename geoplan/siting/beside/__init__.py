"""What is told beside a plan: other plans as good, the curve and its knee, what each site adds."""
