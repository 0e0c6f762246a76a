/// What NiFi's controller services become in the processors that refer to them.
enum ServiceMapping {
  /// Properties of a processor, and what is different.
  struct Settings {
    /// In order.
    var properties: [(name: String, value: String)]
    var notes: [String] = []
    /// What is different without a difference in what the records are.
    var remarks: [String] = []
  }

  /// nil: not a reader that flowrun has.
  static func reader(_ service: NiFiService) -> Settings? {
    var settings: Settings
    switch service.shortType {
    case "JsonTreeReader":
      settings = Settings(properties: [("reader", "json")], notes: differences(service, jsonReader, "reader"))
      if let field = value(service, "Starting Field Name", "starting-field-name"),
        value(service, "Starting Field Strategy", "starting-field-strategy")?.uppercased() == "NESTED_FIELD"
      {
        settings.properties.append(("json_starting_field", field))
      }
    case "CSVReader":
      settings = csv(service, "reader")
      settings.notes += differences(service, csvReader, "reader")
      // With a schema that is found in the content, NiFi takes names from the first line, whatever else is said about it.
      let strategy = value(service, "schema-access-strategy", "Schema Access Strategy") ?? "infer-schema"
      if value(service, "Treat First Line as Header", "Skip Header Line") != "true", !["csv-header-derived", "infer-schema"].contains(strategy) {
        settings.properties.append(("csv_header", "false"))
      }
      let format = value(service, "CSV Format") ?? "custom"
      if format == "custom", ["\\", nil].contains(value(service, "Escape Character")) { settings.remarks.append("a backslash in CSV is one of the text's characters here, an escape in NiFi") }
      if format == "custom" ? value(service, "Trim Fields") == "false" : format != "tdf" { settings.properties.append(("csv_trim_fields", "false")) }
    default: return nil
    }
    settings.notes += schemaNotes(service, "fields and types are those of the content")
    return settings
  }

  /// nil: not a writer that flowrun has.
  static func writer(_ service: NiFiService) -> Settings? {
    var settings: Settings
    switch service.shortType {
    case "JsonRecordSetWriter":
      settings = Settings(properties: [("writer", "json")], notes: differences(service, jsonWriter, "writer"))
      if value(service, "Output Grouping", "output-grouping") == "output-oneline" { settings.properties.append(("output_grouping", "one_line_per_object")) }
      if let format = value(service, "Compression Format", "compression-format"), format != "none" {
        settings.notes.append("the writer compresses (\(Quote.short(format))), flowrun's does not")
      }
      if let nulls = value(service, "Suppress Null Values", "suppress-nulls"), nulls != "never-suppress" {
        settings.notes.append("the writer leaves out nulls, flowrun's writes them")
      }
    case "CSVRecordSetWriter":
      settings = csv(service, "writer")
      settings.notes += differences(service, csvWriter, "writer")
      settings.properties.append(("output_csv_header", value(service, "Include Header Line") == "false" ? "false" : "true"))
      settings.remarks.append("lines of CSV end with CR LF (RFC 4180)")
    default: return nil
    }
    settings.notes += schemaNotes(service, "all fields of a record are written, also those that the schema lacks, which NiFi leaves out")
    return settings
  }

  /// The address of a database as flowrun reads it, and what is left out of it.
  ///
  /// - Returns: nil as address: another database, or an address that is not in the file.
  static func database(_ service: NiFiService) -> (address: String?, notes: [String]) {
    var notes = differences(service, pool, "pool")
    guard let url = address(service), !url.contains("${"), !url.contains("#{") else { return (nil, notes) }
    // Options of JDBC's drivers are those of no other driver, and may hold a password.
    let options = url.drop { $0 != "?" }.dropFirst().split(separator: "&").map { Quote.short(String($0.prefix { $0 != "=" })) }
    if !options.isEmpty { notes.append("the options of its address are left out: \(options.prefix(20).joined(separator: ", "))") }
    let user = value(service, "Database User", "database-user", "hikaricp-username")
    if url.hasPrefix("jdbc:sqlite:") {
      let path = url.dropFirst("jdbc:sqlite:".count).prefix { $0 != "?" }
      return (path.isEmpty || path.hasPrefix(":") ? nil : String(path), notes)
    }
    guard url.hasPrefix("jdbc:postgresql://") else { return (nil, notes) }
    let rest = url.dropFirst("jdbc:postgresql://".count).prefix { $0 != "?" }
    guard !rest.isEmpty, !rest.contains("@") else { return (nil, notes) }
    let plain = user.flatMap { $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") } ? $0 : nil }
    if user != nil, plain == nil { notes.append("its user is no plain name and is left out: put it into the address, or into PGUSER") }
    return ("postgresql://" + (plain.map { $0 + "@" } ?? "") + rest, notes)
  }

  /// The address as NiFi has it.
  static func address(_ service: NiFiService) -> String? { value(service, "Database Connection URL", "hikaricp-connection-url") }

  /// One database. A DBCPConnectionPoolLookup chooses among several by an attribute of the FlowFile.
  static func isPool(_ service: NiFiService) -> Bool { ["DBCPConnectionPool", "HikariCPConnectionPool"].contains(service.shortType) }

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

  /// - Parameter consequence: of its absence.
  private static func schemaNotes(_ service: NiFiService, _ consequence: String) -> [String] {
    guard let strategy = value(service, "Schema Access Strategy", "schema-access-strategy") else { return [] }
    let found = ["infer-schema", "infer", "csv-header-derived", "inherit-record-schema"]
    return found.contains(strategy) ? [] : ["the schema (\(Quote.short(strategy))) is not read: \(consequence)"]
  }
}
