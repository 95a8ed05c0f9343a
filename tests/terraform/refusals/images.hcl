# Bad inputs, and what must be said of each; test_refusals.py plans them.

common {
  name = "acme"
}

refused "name_too_long" {
  says = "name is 1 to 43"

  name = "a-name-that-is-too-long-for-the-name-of-any-bucket"
}

refused "name_with_capitals" {
  says = "lower-case letters"

  name = "Acme"
}

refused "expiry_of_no_days" {
  says = "at least 1"

  name            = "acme"
  expiration_days = 0
}

refused "expiry_of_half_a_day" {
  says = "whole number of days"

  name            = "acme"
  expiration_days = 1.5
}
