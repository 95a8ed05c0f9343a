# Bad inputs, and what must be said of each; test_refusals.py plans them.

common {
  name = "acme"
}

refused "name_with_a_blank" {
  says = "1 to 249 letters, digits"

  name = "acme llm"
}
