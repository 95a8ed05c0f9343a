# Every kind of step, in workflows small enough to see what each one does.

provider "aws" {
  region = "us-east-1"
}

variable "documents_bucket" {
  description = "A bucket with documents below documents/."
  type        = string
}

variable "metering_function_name" {
  description = "The function that keeps the budgets of metered workflows."
  type        = string
}

locals {
  models = {
    fast = {
      id                  = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
      destination_regions = ["us-east-1", "us-east-2", "us-west-2"]
    }
    micro = { id = "amazon.nova-micro-v1:0", service_tier = "flex" }
    nova  = { id = "amazon.nova-lite-v1:0" }
  }
  retry = { attempts = 2, first_delay_seconds = 1, max_delay_seconds = 2 }
}

module "chain" {
  source = "../../../../modules/workflow"

  name     = "test-chain"
  models   = local.models
  retry    = local.retry
  sequence = ["first", "second", "enough", "third", "apology"]
  steps = {
    first  = { prompt = { model = "fast", max_output_tokens = 100, text = "Repeat after me: one {{ $input.topic }}" } }
    second = { prompt = { model = "nova", max_output_tokens = 100, text = "Repeat after me: two, after {{ $steps.first.text }}" } }
    enough = { choice = { rules = [{ when = "$input.short = true", next = "end" }] } }
    third = {
      prompt     = { model = "micro", max_output_tokens = 100, text = "Repeat after me: three, after {{ $steps.first.text }} and {{ $steps.second.text }}" }
      next       = "end"
      on_failure = "apology"
    }
    apology = { prompt = { model = "fast", max_output_tokens = 100, text = "Repeat after me: sorry: {{ $steps.third.error }}" } }
  }
}

# More placeholders than Step Functions evaluates where each one nests in the one before it.
module "long" {
  source = "../../../../modules/workflow"

  name     = "test-long"
  models   = local.models
  sequence = ["only"]
  steps = {
    only = { prompt = {
      model             = "nova"
      max_output_tokens = 1000
      text              = "Repeat after me: ${join(", ", [for index in range(120) : "{{ $input.words[${index}] }}"])}"
    } }
  }
}

module "branches" {
  source = "../../../../modules/workflow"

  name     = "test-branches"
  models   = local.models
  retry    = local.retry
  sequence = ["both", "merged"]
  steps = {
    both = { parallel = {
      branches = { left = ["left", "left_again"], right = ["each"] }
      merge    = "L={{ $steps.left.text }} R={{ $steps.each.text }}"
    } }
    left       = { prompt = { model = "fast", max_output_tokens = 100, text = "Repeat after me: left" } }
    left_again = { prompt = { model = "fast", max_output_tokens = 100, text = "Repeat after me: {{ $steps.left.text }} again" } }
    each       = { map = { items = "$input.words", steps = ["word"], concurrency = 4 } }
    word       = { prompt = { model = "nova", max_output_tokens = 100, text = "Repeat after me: {{ $index }} {{ $item }}" } }
    merged     = { prompt = { model = "fast", max_output_tokens = 100, text = "Repeat after me: {{ $steps.both.text }}" } }
  }
}

module "tolerant" {
  source = "../../../../modules/workflow"

  name     = "test-tolerant"
  models   = local.models
  retry    = local.retry
  sequence = ["each"]
  steps = {
    each = { map = { items = "$input.words", steps = ["word"], concurrency = 1, tolerated_failure_percentage = 40 } }
    word = { prompt = { model = "nova", max_output_tokens = 100, text = "Repeat after me: {{ $item }}" } }
  }
}

module "documents" {
  source = "../../../../modules/workflow"

  name     = "test-documents"
  models   = local.models
  retry    = local.retry
  sequence = ["each"]
  steps = {
    each    = { map = { objects = { bucket = var.documents_bucket, prefix = "documents/" }, steps = ["summary"], concurrency = 2 } }
    summary = { prompt = { model = "nova", max_output_tokens = 100, text = "Repeat after me: {{ $item.text }}" } }
  }
}

module "checked" {
  source = "../../../../modules/workflow"

  name     = "test-checked"
  models   = local.models
  retry    = local.retry
  sequence = ["fact", "advert", "check"]
  steps = {
    fact   = { prompt = { model = "nova", max_output_tokens = 100, text = "Repeat after me: {{ $input.fact }}", schema = { seats = "number" }, fixes = 1 } }
    advert = { prompt = { model = "fast", max_output_tokens = 100, text = "Repeat after me: {{ $input.advert }}" } }
    check = { validate = {
      step              = "advert"
      model             = "fast"
      max_output_tokens = 200
      schema            = { text = "string" }
      rules             = [{ that = "$contains($json.text, $string($steps.fact.json.seats))", message = "The number of seats is missing." }]
      fixes             = 1
      context           = "Repeat after me: {{ $input.corrected }}"
    } }
  }
}

module "approved" {
  source = "../../../../modules/workflow"

  name     = "test-approved"
  models   = local.models
  retry    = local.retry
  sequence = ["draft", "approval", "final"]
  steps = {
    draft    = { prompt = { model = "nova", max_output_tokens = 100, text = "Repeat after me: draft" } }
    approval = { approval = { message = "Publish this? {{ $steps.draft.text }}", timeout_seconds = 300 } }
    final    = { prompt = { model = "nova", max_output_tokens = 100, text = "Repeat after me: final, by {{ $steps.approval.by }}" } }
  }
}

module "impatient" {
  source = "../../../../modules/workflow"

  name     = "test-impatient"
  models   = local.models
  sequence = ["approval", "late"]
  steps = {
    approval = { approval = { message = "Quick?", timeout_seconds = 1 }, on_failure = "late", next = "end" }
    late     = { prompt = { model = "nova", max_output_tokens = 100, text = "Repeat after me: nobody answered, {{ $steps.approval.error }}" } }
  }
}

# Two approvals at once, and one for each word.
module "reviewed" {
  source = "../../../../modules/workflow"

  name     = "test-reviewed"
  models   = local.models
  sequence = ["both"]
  steps = {
    both   = { parallel = { branches = { editor = ["editor"], lawyer = ["each"] } } }
    editor = { approval = { message = "Well written?", timeout_seconds = 300 } }
    each   = { map = { items = "$input.words", steps = ["lawful"], concurrency = 4 } }
    lawful = { approval = { message = "May we say {{ $item }}?", timeout_seconds = 300 } }
  }
}

module "outer" {
  source = "../../../../modules/workflow"

  name     = "test-outer"
  models   = local.models
  sequence = ["inner", "after"]
  steps = {
    inner = { workflow = { name = module.chain.name, input = "{'topic': $input.subject, 'short': true}" } }
    after = { prompt = { model = "nova", max_output_tokens = 100, text = "Repeat after me: outer of {{ $steps.inner.result.text }}" } }
  }
}

module "large" {
  source = "../../../../modules/workflow"

  name     = "test-large"
  models   = local.models
  retry    = local.retry
  sequence = ["digest"]
  steps = {
    digest = { invoke = { model = "fast", request = "{{ $input.id }}.json", answer = "{{ $input.id }}.json" } }
  }
}

# In the budgets of a deployment's tenants: one after the other, in a map, with a correction.
module "metered" {
  source = "../../../../modules/workflow"

  name     = "test-metered"
  models   = local.models
  retry    = local.retry
  metering = { function_name = var.metering_function_name, minute_waits = 0 }
  sequence = ["first", "each", "fact", "apology"]
  steps = {
    first = {
      prompt     = { model = "fast", max_output_tokens = 100, system = "You repeat.", text = "Repeat after me: one {{ $input.topic }}" }
      on_failure = "apology"
    }
    each = { map = { items = "$input.words", steps = ["word"], concurrency = 4 } }
    word = { prompt = { model = "nova", max_output_tokens = 100, text = "Repeat after me: {{ $item }}" } }
    fact = {
      prompt = { model = "nova", max_output_tokens = 100, temperature = 0.5, text = "Repeat after me: {{ $input.fact }}", schema = { seats = "number" }, fixes = 1 }
      next   = "end"
    }
    apology = { prompt = { model = "nova", max_output_tokens = 100, text = "Repeat after me: sorry: {{ $steps.first.error }}" } }
  }
}

# A request that nobody reads, in the same budgets.
module "metered_large" {
  source = "../../../../modules/workflow"

  name     = "test-metered_large"
  models   = local.models
  retry    = local.retry
  metering = { function_name = var.metering_function_name, minute_waits = 1 }
  sequence = ["digest"]
  steps = { digest = { invoke = {
    model   = "fast"
    request = "{{ $input.id }}.json"
    answer  = "{{ $input.id }}.json"
    reserve = { input_tokens = 1000, output_tokens = 100 }
  } } }
}

# A metered workflow that runs another, and whose map's items are executions of their own.
module "metered_outer" {
  source = "../../../../modules/workflow"

  name     = "test-metered_outer"
  models   = local.models
  metering = { function_name = var.metering_function_name, minute_waits = 1 }
  sequence = ["each", "inner"]
  steps = {
    inner = { workflow = { name = module.metered.name, input = "{'topic': 'inner', 'words': [], 'fact': '{\"seats\": 7}'}" } }
    each  = { map = { items = "$input.words", steps = ["word"], concurrency = 1, tolerated_failure_percentage = 40 } }
    word  = { prompt = { model = "nova", max_output_tokens = 100, text = "Repeat after me: {{ $item }}" } }
  }
}

# Answers that are given again: to the same tenant, and to everybody; checked, guarded, and in a map whose items are
# executions of their own.
module "kept" {
  source = "../../../../modules/workflow"

  name     = "test-kept"
  models   = local.models
  retry    = local.retry
  sequence = ["own", "common", "fact", "guarded", "each"]
  steps = {
    own = { prompt = {
      model             = "fast"
      max_output_tokens = 100
      system            = "You answer {{ $input.reader }}."
      text              = "Repeat after me: own {{ $input.topic }}"
      cache             = { ttl_seconds = 3600 }
    } }
    common = { prompt = {
      model             = "nova"
      max_output_tokens = 100
      text              = "Repeat after me: common {{ $input.topic }}"
      cache             = { ttl_seconds = 3600, scope = "shared" }
    } }
    fact = { prompt = {
      model             = "nova"
      max_output_tokens = 2000
      text              = "Repeat after me: {{ $input.fact }}"
      schema            = { seats = "number" }
      fixes             = 1
      cache             = { ttl_seconds = 3600 }
    } }
    guarded = {
      prompt = {
        model             = "micro"
        max_output_tokens = 100
        text              = "Repeat after me: {{ $input.said }}"
        guardrail         = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/guard1234567", version = "3" }
        cache             = { ttl_seconds = 3600 }
      }
      on_failure = "each"
    }
    each = { map = { items = "$input.words", steps = ["word"], concurrency = 1, tolerated_failure_percentage = 40 } }
    word = { prompt = { model = "nova", max_output_tokens = 100, text = "Repeat after me: {{ $item }}", cache = { ttl_seconds = 3600 } } }
  }
}

module "kept_outer" {
  source = "../../../../modules/workflow"

  name     = "test-kept_outer"
  models   = local.models
  sequence = ["inner"]
  steps    = { inner = { workflow = { name = module.kept.name } } }
}

# The same in the budgets of a deployment's tenants.
module "kept_metered" {
  source = "../../../../modules/workflow"

  name     = "test-kept_metered"
  models   = local.models
  retry    = local.retry
  metering = { function_name = var.metering_function_name, minute_waits = 1 }
  sequence = ["own", "fact", "apology"]
  steps = {
    own = {
      prompt     = { model = "fast", max_output_tokens = 100, system = "You repeat.", text = "Repeat after me: own {{ $input.topic }}", cache = { ttl_seconds = 3600 } }
      on_failure = "apology"
    }
    fact = {
      prompt = { model = "nova", max_output_tokens = 100, text = "Repeat after me: {{ $input.fact }}", schema = { seats = "number" }, fixes = 1, cache = { ttl_seconds = 3600 } }
      next   = "end"
    }
    apology = { prompt = { model = "nova", max_output_tokens = 100, text = "Repeat after me: sorry: {{ $steps.own.error }}" } }
  }
}

# A definition of one's own, with the same role: the second model isn't declared.
module "own" {
  source = "../../../../modules/workflow"

  name   = "test-own"
  models = { nova = local.models.nova }
  definition = jsonencode({
    QueryLanguage = "JSONata"
    StartAt       = "Which"
    States = {
      Which = { Type = "Choice", Choices = [{ Condition = "{% $states.input.declared %}", Next = "Declared" }], Default = "Undeclared" }
      Declared = {
        Type      = "Task"
        Resource  = "arn:aws:states:::aws-sdk:bedrockruntime:converse"
        Arguments = { ModelId = "{{ models.nova }}", Messages = [{ Role = "user", Content = [{ Text = "Repeat after me: mine" }] }] }
        Output    = { text = "{% $states.result.Output.Message.Content[0].Text %}" }
        End       = true
      }
      Undeclared = {
        Type      = "Task"
        Resource  = "arn:aws:states:::aws-sdk:bedrockruntime:converse"
        Arguments = { ModelId = "amazon.nova-pro-v1:0", Messages = [{ Role = "user", Content = [{ Text = "Hello" }] }] }
        End       = true
      }
    }
  })
}

output "state_machine_arns" {
  description = "By workflow."
  value = { for name, workflow in {
    approved      = module.approved
    branches      = module.branches
    chain         = module.chain
    checked       = module.checked
    documents     = module.documents
    impatient     = module.impatient
    kept          = module.kept
    kept_metered  = module.kept_metered
    kept_outer    = module.kept_outer
    large         = module.large
    long          = module.long
    metered       = module.metered
    metered_large = module.metered_large
    metered_outer = module.metered_outer
    outer         = module.outer
    own           = module.own
    reviewed      = module.reviewed
    tolerant      = module.tolerant
  } : name => workflow.state_machine_arn }
}

output "definitions" {
  description = "By workflow."
  value = { for name, workflow in {
    approved      = module.approved
    branches      = module.branches
    chain         = module.chain
    checked       = module.checked
    documents     = module.documents
    impatient     = module.impatient
    kept          = module.kept
    kept_metered  = module.kept_metered
    kept_outer    = module.kept_outer
    large         = module.large
    long          = module.long
    metered       = module.metered
    metered_large = module.metered_large
    metered_outer = module.metered_outer
    outer         = module.outer
    own           = module.own
    reviewed      = module.reviewed
    tolerant      = module.tolerant
  } : name => workflow.definition }
}

output "approvals_topic_arn" {
  description = "Where approvals are announced."
  value       = module.approved.approvals_topic_arn
}

output "payload_buckets" {
  description = "Where large requests and answers lie, by workflow."
  value       = { large = module.large.payload_bucket, metered_large = module.metered_large.payload_bucket }
}

output "cache_tables" {
  description = "Where answers are kept, by workflow."
  value       = { kept = module.kept.cache_table_name, kept_metered = module.kept_metered.cache_table_name }
}
