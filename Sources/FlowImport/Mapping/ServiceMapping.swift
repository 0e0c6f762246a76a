/// What NiFi's controller services become in the processors that refer to them.
enum ServiceMapping {
  /// Properties of a processor, and what is different.
  struct Settings {
    /// In order.
    var properties: [(name: String, value: String)]
    var differences: [Difference] = []
  }

  /// A setting that flowrun does not have.
  struct Difference {
    /// The property that the processor gets, which it does not have: the flow is not valid before a person has decided. nil: the flow may run with it.
    var property: String?
    /// Empty if it is a secret.
    var value: String
    var note: String

    /// - Parameters:
    ///   - role: `reader` or `writer`, which is the beginning of the property.
    ///   - name: NiFi's of the setting.
    ///   - value: nil if nobody may see it.
    init(_ role: String, _ name: String, _ value: String?, _ note: String) {
      let word = "\(role)_\(ValueConversion.word(name))"
      property = ProcessorConversion.isTooLong(word) ? "\(role)_setting" : word
      self.value = value.map { Secrets.redacted($0) ?? $0 } ?? ""
      self.note = note
    }

    /// One that depends on the records, so that the flow may run.
    init(_ note: String) {
      property = nil
      value = ""
      self.note = note
    }
  }

  /// nil: not a reader that flowrun has.
  static func reader(_ service: NiFiService) -> Settings? {
    var settings: Settings
    switch service.shortType {
    case "JsonTreeReader":
      settings = Settings(properties: [("reader", "json")], differences: differences(service, jsonReader, "reader"))
      if let field = value(service, "Starting Field Name", "starting-field-name"),
        value(service, "Starting Field Strategy", "starting-field-strategy")?.uppercased() == "NESTED_FIELD"
      {
        settings.properties.append(("json_starting_field", field))
      }
    case "CSVReader":
      settings = csv(service, "reader")
      settings.differences += differences(service, csvReader, "reader")
      // With a schema that is found in the content, NiFi takes names from the first line, whatever else is said about it.
      let strategy = value(service, "schema-access-strategy", "Schema Access Strategy") ?? "infer-schema"
      if value(service, "Treat First Line as Header", "Skip Header Line") != "true", !["csv-header-derived", "infer-schema"].contains(strategy) {
        settings.properties.append(("csv_header", "false"))
      }
      // "Use String Fields From Header".
      if strategy == "csv-header-derived" { settings.properties.append(("csv_types", "text")) } else { settings.differences += csvTypes }
      if value(service, "Allow Duplicate Header Names", "csvutils-allow-duplicate-header-names")?.lowercased() != "false" {
        settings.differences.append(Difference("a header that has a name twice fails the FlowFile here; NiFi takes it"))
      }
      let format = value(service, "CSV Format") ?? "custom"
      if format == "custom", ["\\", nil].contains(value(service, "Escape Character")) { settings.differences.append(Difference("a backslash in CSV is one of the text's characters here, an escape in NiFi")) }
      if format == "custom" ? value(service, "Trim Fields") == "false" : format != "tdf" { settings.properties.append(("csv_trim_fields", "false")) }
      // NiFi takes lines with more or fewer fields than the header.
      settings.properties.append(("csv_field_count", "any"))
    default: return nil
    }
    settings.differences += schema(service, "reader", "fields and types are those of the content")
    return settings
  }

  private static let csvTypes = [
    Difference("in CSV only `true` and `false` are truth values here; NiFi reads `True` and `FALSE` as such, too"),
    Difference("a column of CSV with values of several kinds is one of texts here, as is one with a number such as 007; NiFi finds a kind for each value and reads 007 as 7"),
  ]

  /// nil: not a writer that flowrun has.
  static func writer(_ service: NiFiService) -> Settings? {
    var settings: Settings
    switch service.shortType {
    case "JsonRecordSetWriter":
      settings = Settings(properties: [("writer", "json")], differences: differences(service, jsonWriter, "writer"))
      if value(service, "Output Grouping", "output-grouping") == "output-oneline" { settings.properties.append(("output_grouping", "one_line_per_object")) }
      if let format = value(service, "Compression Format", "compression-format"), format != "none" {
        settings.differences.append(Difference("writer", "Compression Format", format, "the writer compresses (\(Quote.short(format))), flowrun's does not"))
      }
      if let nulls = value(service, "Suppress Null Values", "suppress-nulls"), nulls != "never-suppress" {
        if let known = ["always-suppress": "always_suppress", "suppress-missing": "suppress_missing"][nulls] {
          settings.properties.append(("suppress_null_values", known))
        } else {
          settings.differences.append(Difference("writer", "Suppress Null Values", nulls, "the writer suppresses nulls as '\(Quote.short(nulls))' says, which flowrun's does not know"))
        }
      }
    case "CSVRecordSetWriter":
      settings = csv(service, "writer")
      settings.differences += differences(service, csvWriter, "writer")
      settings.properties.append(("output_csv_header", value(service, "Include Header Line") == "false" ? "false" : "true"))
      // Only a form of one's own has it; the others end lines as RFC 4180 does.
      let separator = value(service, "CSV Format") ?? "custom" == "custom" ? value(service, "Record Separator") ?? "\n" : "\r\n"
      switch separator {
      case "\r\n", #"\r\n"#: break
      case "\n", #"\n"#: settings.properties.append(("record_separator", #"\n"#))
      default:
        settings.differences.append(
          Difference("writer", "Record Separator", separator, "'Record Separator' of the writer is '\(Quote.short(separator))' in NiFi: flowrun ends lines with LF or CR LF"))
      }
    default: return nil
    }
    settings.differences += schema(service, "writer", "all fields of a record are written, also those that the schema lacks, which NiFi leaves out")
    return settings
  }

  /// The address of a database as flowrun reads it, and what is left out of it.
  ///
  /// - Returns: nil as address: another database, or an address that is not in the file.
  static func database(_ service: NiFiService) -> (address: String?, notes: [String]) {
    var notes = differences(service, pool, "pool").map(\.note)
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
    func differs(_ name: String, _ value: String, _ note: String) { settings.differences.append(Difference(role, name, value, note)) }
    if let format, !["custom", "rfc-4180", "excel", "tdf"].contains(format) { differs("CSV Format", format, "CSV in the form \(Quote.short(format)) is not flowrun's, which is RFC 4180's") }
    if let quote = value(service, "Quote Character"), quote != "\"" { differs("Quote Character", quote, "CSV is quoted by '\(Quote.short(quote))' in NiFi, by '\"' here") }
    if let marker = value(service, "Comment Marker") { differs("Comment Marker", marker, "lines that begin with '\(Quote.short(marker))' are comments in NiFi, rows here") }
    if let null = value(service, "Null String") { differs("Null String", null, "'\(Quote.short(null))' is null in NiFi, a text here") }
    if value(service, "Ignore CSV Header Column Names", "ignore-csv-header") == "true" { differs("Ignore CSV Header Column Names", "true", "NiFi takes the names of fields from the schema, flowrun from the header") }
    return settings
  }

  /// - Parameter consequence: of its absence.
  private static func schema(_ service: NiFiService, _ role: String, _ consequence: String) -> [Difference] {
    guard let strategy = value(service, "Schema Access Strategy", "schema-access-strategy") else { return [] }
    let found = ["infer-schema", "infer", "csv-header-derived", "inherit-record-schema"]
    if found.contains(strategy) { return [] }
    return [Difference(role, "Schema Access Strategy", strategy, "the schema (\(Quote.short(strategy))) is not read: \(consequence)")]
  }
}
