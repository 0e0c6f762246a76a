/// What NiFi's controller services become in the processors that refer to them.
enum ServiceMapping {
  /// Properties of a processor, and what is different.
  struct Settings {
    /// In order.
    var properties: [(name: String, value: String)]
    var notes: [String] = []
  }

  /// nil: not a reader that flowrun has.
  static func reader(_ service: NiFiService) -> Settings? {
    var settings: Settings
    switch service.shortType {
    case "JsonTreeReader":
      settings = Settings(properties: [("reader", "json")])
      if let field = value(service, "Starting Field Name", "starting-field-name"),
        value(service, "Starting Field Strategy", "starting-field-strategy")?.uppercased() == "NESTED_FIELD"
      {
        settings.properties.append(("json_starting_field", field))
      }
    case "CSVReader":
      settings = csv(service, "reader")
      // With a schema that is found in the content, NiFi takes names from the first line, whatever else is said about it.
      let strategy = value(service, "schema-access-strategy", "Schema Access Strategy") ?? "infer-schema"
      if value(service, "Treat First Line as Header", "Skip Header Line") != "true", !["csv-header-derived", "infer-schema"].contains(strategy) {
        settings.properties.append(("csv_header", "false"))
      }
      let format = value(service, "CSV Format") ?? "custom"
      if format == "custom" ? value(service, "Trim Fields") == "false" : format != "tdf" { settings.properties.append(("csv_trim_fields", "false")) }
    default: return nil
    }
    settings.notes += schemaNotes(service)
    return settings
  }

  /// nil: not a writer that flowrun has.
  static func writer(_ service: NiFiService) -> Settings? {
    switch service.shortType {
    case "JsonRecordSetWriter":
      var settings = Settings(properties: [("writer", "json")])
      if value(service, "Output Grouping", "output-grouping") == "output-oneline" { settings.properties.append(("output_grouping", "one_line_per_object")) }
      if let format = value(service, "Compression Format", "compression-format"), format != "none" {
        settings.notes.append("the writer compresses (\(Quote.short(format))), flowrun's does not")
      }
      if let nulls = value(service, "Suppress Null Values", "suppress-nulls"), nulls != "never-suppress" {
        settings.notes.append("the writer leaves out nulls, flowrun's writes them")
      }
      return settings
    case "CSVRecordSetWriter":
      var settings = csv(service, "writer")
      settings.properties.append(("output_csv_header", value(service, "Include Header Line") == "false" ? "false" : "true"))
      return settings
    default: return nil
    }
  }

  /// The address of a database as flowrun reads it; nil: another database, or an address that is not in the file.
  static func database(_ service: NiFiService) -> String? {
    guard let url = value(service, "Database Connection URL"), !url.contains("${"), !url.contains("#{") else { return nil }
    if url.hasPrefix("jdbc:sqlite:") {
      let path = url.dropFirst("jdbc:sqlite:".count).prefix { $0 != "?" }
      return path.isEmpty || path.hasPrefix(":") ? nil : String(path)
    }
    guard url.hasPrefix("jdbc:postgresql://") else { return nil }
    // Options of JDBC's driver are not libpq's, and may hold a password.
    let rest = url.dropFirst("jdbc:postgresql://".count).prefix { $0 != "?" }
    guard !rest.isEmpty, !rest.contains("@") else { return nil }
    let user = value(service, "Database User", "database-user").flatMap { $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") } ? $0 : nil }
    return "postgresql://" + (user.map { $0 + "@" } ?? "") + rest
  }

  static func isPool(_ service: NiFiService) -> Bool { ["DBCPConnectionPool", "HikariCPConnectionPool", "DBCPConnectionPoolLookup"].contains(service.shortType) }

  static func value(_ service: NiFiService, _ names: String...) -> String? {
    service.properties.first { names.contains($0.name) && $0.value?.isEmpty == false }?.value
  }

  private static func csv(_ service: NiFiService, _ role: String) -> Settings {
    var settings = Settings(properties: [(role, "csv")])
    let format = value(service, "CSV Format")
    let given = format == "tdf" ? "\t" : value(service, "Value Separator") ?? ","
    let separator = given == "\\t" || given == "\t" ? "tab" : given
    if role == "writer" {
      settings.properties.append(("output_csv_separator", separator))
    } else if separator != "," {
      settings.properties.append(("csv_separator", separator))
    }
    if let format, !["custom", "rfc-4180", "excel", "tdf"].contains(format) { settings.notes.append("CSV in the form \(Quote.short(format)) is not flowrun's, which is RFC 4180's") }
    if let quote = value(service, "Quote Character"), quote != "\"" { settings.notes.append("CSV is quoted by '\(Quote.short(quote))' in NiFi, by '\"' here") }
    if let marker = value(service, "Comment Marker") { settings.notes.append("lines that begin with '\(Quote.short(marker))' are comments in NiFi, rows here") }
    if let null = value(service, "Null String") { settings.notes.append("'\(Quote.short(null))' is null in NiFi, a text here") }
    if value(service, "Ignore CSV Header Column Names", "ignore-csv-header") == "true" { settings.notes.append("NiFi takes the names of fields from the schema, flowrun from the header") }
    return settings
  }

  private static func schemaNotes(_ service: NiFiService) -> [String] {
    guard let strategy = value(service, "Schema Access Strategy", "schema-access-strategy") else { return [] }
    let found = ["infer-schema", "infer", "csv-header-derived", "inherit-record-schema"]
    return found.contains(strategy) ? [] : ["the schema (\(Quote.short(strategy))) is not read: fields and types are those of the content"]
  }
}
