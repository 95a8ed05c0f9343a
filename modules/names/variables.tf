variable "given" {
  description = "Inputs as they were given, by name."
  type        = any
}

variable "known" {
  description = "The names that are known, by the path of the object that may hold them, such as `models.*.price`; `*` is any key or index."
  type        = map(list(string))
}
