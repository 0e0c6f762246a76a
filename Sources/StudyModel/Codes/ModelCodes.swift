import FlowCore

extension DiagnosticGroup {
  /// SQL models and their relations.
  package static let models = DiagnosticGroup(
    "Models", [.modelSyntax, .modelCall, .modelReference, .modelCycle, .modelFiles, .relationTaken, .relationInUse])
}

extension DiagnosticCode {
  package static let modelSyntax = DiagnosticCode(
    "E1301", "The model is not well formed",
    "Between `{{` and `}}` stands one call, between `{%` and `%}` the condition `if is_incremental()` or its `endif`. Everything else is SQL: one SELECT.",
    mistake: "select * from {{ source('flowrun', 'participant') }", fix: "select * from {{ source('flowrun', 'participant') }}")
  package static let modelCall = DiagnosticCode(
    "E1302", "The model calls something that models cannot",
    "Models use `source`, `ref`, `this`, `config(materialized=…, unique_key=…)` and `is_incremental()`, so that dbt and flowrun build the same relations. "
      + "Macros and other functions of dbt are not available.",
    mistake: "{{ config(materialised='table') }}", fix: "{{ config(materialized='table') }}")
  package static let modelReference = DiagnosticCode(
    "E1303", "Unknown model or table",
    "`ref` names a model of the folder, `source('flowrun', …)` a table or view of the database.",
    mistake: "select * from {{ source('flowrun', 'fitbit_intraday_heart') }}", fix: "select * from {{ source('flowrun', 'fitbit_intraday_hr') }}")
  package static let modelCycle = DiagnosticCode(
    "E1304", "Models refer to each other in a circle",
    "Each model is built after those that it refers to.",
    mistake: "-- a.sql\nselect * from {{ ref('b') }}\n-- b.sql\nselect * from {{ ref('a') }}", fix: "-- a.sql\nselect * from {{ ref('b') }}\n-- b.sql\nselect * from {{ source('flowrun', 'participant') }}")
  package static let modelFiles = DiagnosticCode(
    "E1305", "The model files cannot be used",
    "A folder of models holds files NAME.sql, one for each relation. Names are letters, digits and `_`, and differ in more than case.",
    mistake: "models/daily steps.sql", fix: "models/daily_steps.sql")
  package static let relationTaken = DiagnosticCode(
    "E1306", "The model's name is taken",
    "The database has another table or view of that name. flowrun replaces only relations that it has built, and those of dbt, which have the model's kind and columns.",
    mistake: "models/participant.sql", fix: "models/participants.sql")
  package static let relationInUse = DiagnosticCode(
    "E1307", "A view stands on the model's relation",
    "The relation has to be removed because its columns change, and a view that is no model of the project stands on it. Remove the view, build, and make it again.",
    mistake: "flowrun transform flow.yaml", fix: "DROP VIEW mine")
}
