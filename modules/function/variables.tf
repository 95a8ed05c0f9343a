variable "environment_variables" {
  type        = map(string)
  nullable    = false
  description = "The handler's settings, `LLM_API_MODELS` among them. Written as JSON, which is how Lambda measures them, they take at most 4,096 bytes, `AWS_LAMBDA_EXEC_WRAPPER` included, which `streaming` adds."

  validation {
    condition     = alltrue([for name in keys(var.environment_variables) : can(regex("^[A-Za-z][A-Za-z0-9_]+$", name))])
    error_message = "environment_variables: Lambda takes names of two or more letters, digits and underscores that begin with a letter; rename: ${join(", ", [for name in keys(var.environment_variables) : name if !can(regex("^[A-Za-z][A-Za-z0-9_]+$", name))])}."
  }

  validation {
    condition     = length(setintersection(keys(var.environment_variables), local.reserved_names)) == 0
    error_message = "environment_variables: Lambda or this module sets these itself; remove: ${join(", ", setintersection(keys(var.environment_variables), local.reserved_names))}."
  }

  validation {
    condition     = !contains(keys(var.environment_variables), "AWS_BEARER_TOKEN_BEDROCK")
    error_message = "environment_variables: remove AWS_BEARER_TOKEN_BEDROCK. The function signs with its role and nothing else, so that the role's policies hold, and refuses to start with a key of Bedrock's beside it."
  }
}

variable "name" {
  type        = string
  nullable    = false
  description = "The function's name. Its role and policies are named after it and the Region, because IAM names are the same in every Region of an account."

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$", var.name))
    error_message = "name is 1 to 48 letters, digits, hyphens and underscores, and begins with a letter or digit."
  }
}

variable "policy_documents" {
  type        = list(string)
  nullable    = false
  description = "The permissions to call the models: `policy_documents` of `modules/model-access`. One managed policy is made of each."

  validation {
    condition     = length(var.policy_documents) > 0 && length(var.policy_documents) <= 20
    error_message = "policy_documents holds 1 to 20 documents: a role carries at most 20 managed policies, after a raise of the quota."
  }

  validation {
    condition     = alltrue([for document in var.policy_documents : can(jsondecode(document).Statement) && length(document) <= 6144])
    error_message = "policy_documents: each must be an IAM policy in JSON of at most 6,144 characters, as modules/model-access returns them."
  }
}

variable "architecture" {
  type        = string
  default     = "arm64"
  nullable    = false
  description = "`arm64`, which costs less, or `x86_64`. The package is plain Python and runs on both."

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is arm64 or x86_64."
  }
}

variable "cache_table" {
  type = object({
    name    = string
    kms_key = optional(object({ arn = string }))
  })
  default     = null
  description = "The table, in this account and Region, of answers that the handler reads and writes: its name, and the key that encrypts it where that is a customer managed one."

  validation {
    condition     = var.cache_table == null ? true : can(regex("^[A-Za-z0-9_.-]{3,255}$", var.cache_table.name))
    error_message = "cache_table.name is a table's name, not its ARN: 3 to 255 letters, digits, `_`, `.` and `-`."
  }
}

variable "images_bucket" {
  type = object({
    name    = string
    kms_key = optional(object({ arn = string }))
  })
  default     = null
  description = "The bucket, in this account and Region, that the handler puts pictures into: its name, and the key that encrypts it where that is a customer managed one. The role may write and read below `images/` in it."

  validation {
    condition     = var.images_bucket == null ? true : can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.images_bucket.name))
    error_message = "images_bucket.name is a bucket's name, not its ARN: 3 to 63 lower-case letters, digits and inner hyphens, without dots, which S3's certificate doesn't cover."
  }
}

variable "keep_logs" {
  type        = bool
  default     = false
  nullable    = false
  description = "Whether the log group stays in the account when the function is destroyed. An apply that makes it anew has to import it then."
}

variable "kms_key" {
  type = object({
    arn = string
  })
  default     = null
  description = "A customer managed key for the environment and the log group. Its policy must let the Region's CloudWatch Logs service use it. AWS's own keys where null."

  validation {
    condition     = var.kms_key == null ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]+$", var.kms_key.arn))
    error_message = "kms_key.arn is a key's ARN (arn:aws:kms:REGION:ACCOUNT:key/ID), not an alias."
  }
}

variable "log_retention_days" {
  type        = number
  default     = 90
  nullable    = false
  description = "How long the log is kept, in days; 0 keeps it for ever."

  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is one of the periods that CloudWatch Logs offers: 0 (for ever), 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

variable "maximum_policy_documents" {
  type        = number
  default     = 10
  nullable    = false
  description = "The most managed policies that the role may carry: AWS's quota \"Managed policies per role\", less what else is attached to it. While `policy_documents` are fewer than half of it, a change of them refuses no call: new policies are attached before the alias moves, and old ones go after it."
}

variable "memory_size_mb" {
  type        = number
  default     = 512
  nullable    = false
  description = "Memory in MB; the processor's share grows with it."

  validation {
    condition     = var.memory_size_mb >= 128 && var.memory_size_mb <= 10240 && floor(var.memory_size_mb) == var.memory_size_mb
    error_message = "memory_size_mb is a whole number from 128 to 10240."
  }
}

variable "package" {
  type        = any
  default     = null
  description = "Another zip than the one that comes with the module: a local `filename`, or an object in `s3`. `source_code_hash` (base64 of SHA-256) makes a change of the object's content visible to a plan; a local file is hashed by the module. Let the path begin with `$${path.module}` or be relative, or every machine plans a change."
}

variable "permissions_boundary_arn" {
  type        = string
  default     = null
  description = "The policy that bounds the role."

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is a managed policy's ARN (arn:aws:iam::ACCOUNT:policy/NAME)."
  }
}

variable "pinned_version" {
  type        = number
  default     = null
  description = "A version that was published before, for callers to be answered by: the way back from a broken one, in one apply. The configuration is published all the same, for when this is null again."

  validation {
    condition     = var.pinned_version == null ? true : var.pinned_version >= 1 && floor(var.pinned_version) == var.pinned_version
    error_message = "pinned_version is the number of a published version, such as 12; leave it out for the newest."
  }
}

variable "reserved_concurrency" {
  type        = number
  default     = null
  description = "How many requests run at once at most, taken out of the account's concurrency; 0 stops every call. No limit of its own where null."

  validation {
    condition     = var.reserved_concurrency == null ? true : var.reserved_concurrency >= 0 && floor(var.reserved_concurrency) == var.reserved_concurrency
    error_message = "reserved_concurrency is a whole number of requests, at least 0; leave it out for no limit."
  }
}

variable "runtime" {
  type        = string
  default     = "python3.13"
  nullable    = false
  description = "A managed Python runtime, 3.12 or newer: AWS has ended 3.11."

  validation {
    condition     = can(regex("^python3[.](1[2-9]|[2-9][0-9])$", var.runtime))
    error_message = "runtime is a managed Python runtime from python3.12 on, such as python3.13."
  }
}

variable "snap_start" {
  type        = bool
  default     = false
  nullable    = false
  description = "Start from a snapshot of the initialized function. Not together with `streaming`, whose own loop is started by a wrapper after the snapshot could be taken."

  validation {
    condition     = !(var.snap_start && var.streaming)
    error_message = "snap_start needs streaming = false: the streaming loop replaces the runtime client that snapshots are made with."
  }
}

variable "streaming" {
  type        = bool
  default     = true
  nullable    = false
  description = "Start the function in its response-streaming loop, by `AWS_LAMBDA_EXEC_WRAPPER`, instead of AWS's buffering runtime client."
}

variable "tags" {
  type        = map(string)
  default     = {}
  nullable    = false
  description = "Tags for everything that takes them, besides the provider's `default_tags`."
}

variable "tenants_table" {
  type = object({
    arn     = string
    budgets = optional(bool, false)
    kms_key = optional(object({ arn = string }))
  })
  default     = null
  description = "The table of keys and tenants that the handler reads: its ARN, whether tenants have budgets, so that it writes what they use, and the key that encrypts it where that is a customer managed one."

  validation {
    condition     = var.tenants_table == null ? true : can(regex("^arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[A-Za-z0-9_.-]{3,255}$", var.tenants_table.arn))
    error_message = "tenants_table.arn is a table's ARN (arn:aws:dynamodb:REGION:ACCOUNT:table/NAME)."
  }
}

variable "timeout_seconds" {
  type        = number
  default     = 60
  nullable    = false
  description = "How long one request may take, in seconds. Must be shorter than the API's own timeout."

  validation {
    condition     = var.timeout_seconds >= 3 && var.timeout_seconds <= 900 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "timeout_seconds is a whole number from 3 to 900, Lambda's longest."
  }
}

variable "tracing" {
  type        = bool
  default     = false
  nullable    = false
  description = "Send traces to X-Ray."
}

variable "vpc_config" {
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default     = null
  description = "Run in these subnets, with these security groups. They need a way to Bedrock, DynamoDB, CloudWatch Logs and, with `images_bucket`, S3: VPC endpoints or a NAT gateway."

  validation {
    condition     = var.vpc_config == null ? true : length(var.vpc_config.subnet_ids) > 0 && length(var.vpc_config.security_group_ids) > 0
    error_message = "vpc_config needs at least one subnet and one security group; leave vpc_config out to run outside a VPC."
  }
}

variable "workflows" {
  type = list(object({
    state_machine_arn = string
    approvals         = optional(bool, false)
    kms_key           = optional(object({ arn = string }))
  }))
  default     = []
  nullable    = false
  description = "State machines that the handler starts and whose executions it shows: the ARN, whether it answers their `approvals`, and the key that encrypts them where that is a customer managed one."

  validation {
    condition     = alltrue([for workflow in var.workflows : can(regex("^arn:aws[a-z-]*:states:[a-z0-9-]+:[0-9]{12}:stateMachine:[A-Za-z0-9_-]{1,80}$", workflow.state_machine_arn))])
    error_message = "workflows: state_machine_arn is a state machine's ARN (arn:aws:states:REGION:ACCOUNT:stateMachine:NAME), without a version or alias."
  }
}
