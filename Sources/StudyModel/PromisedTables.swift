import FlowCore

extension TableConventions {
  /// The conventions of a study: every row belongs to a participant, and some names are reserved for the ledger.
  package static let study = TableConventions(
    promised: .init(TableSchema.promised, code: .fixedTable), reservedNames: ["participant", "slice"], reservedPrefixes: ["sqlite_"],
    owner: .init("participant_id", code: .keyNamesOwner))
}

extension FlowConventions {
  /// A study's.
  package static let study = FlowConventions(tables: .study, rules: [.dataTypes])
}

extension TableSchema {
  /// The tables whose shape flowrun guarantees (the guide, "The tables"); `validate` checks mappings against them.
  package static let promised: [TableSchema] = [
    TableSchema(
      name: "fitbit_daily_activity",
      columns: [.init("date", .date)]
        + [
          "activity_calories", "calories_bmr", "calories_out", "marginal_calories", "steps",
        ].map { .init($0, .integer) } + [.init("distance", .real), .init("elevation", .real)]
        + [
          "floors", "very_active_minutes", "fairly_active_minutes", "lightly_active_minutes", "sedentary_minutes",
          "resting_heart_rate",
        ].map { .init($0, .integer) },
      key: ["date"]),
    TableSchema(
      name: "fitbit_hr_summary",
      columns: [
        .init("date", .date), .init("zone", .text), .init("min", .integer), .init("max", .integer),
        .init("minutes", .integer), .init("calories_out", .real),
      ],
      key: ["date", "zone"]),
    TableSchema(
      name: "fitbit_intraday_hr",
      columns: [.init("instant", .instant), .init("utc_offset", .offset), .init("value", .integer)], key: ["instant"]),
    TableSchema(
      name: "fitbit_intraday_steps",
      columns: [.init("instant", .instant), .init("utc_offset", .offset), .init("value", .integer)], key: ["instant"]),
  ]
}
