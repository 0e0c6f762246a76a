extension ServiceMapping {
  // What each service has, under the names of NiFi 2 and 1. What becomes a property of a processor, or has a note of its own, is `.anything`.

  private static let handled = PropertyMapping.Target.anything(because: "it becomes a property, or has a note")
  private static let speed = PropertyMapping.Target.anything(because: "it is about speed only")

  private static let schema = [
    PropertyMapping("Schema Access Strategy", "schema-access-strategy", is: handled),
    PropertyMapping("Schema Registry", "schema-registry", is: .anything(because: "the strategy says whether it counts")),
    PropertyMapping("Schema Name", "schema-name", is: .anything(because: "the strategy says whether it counts")),
    PropertyMapping("Schema Version", "schema-version", is: .anything(because: "the strategy says whether it counts")),
    PropertyMapping("Schema Branch", "schema-branch", is: .anything(because: "the strategy says whether it counts")),
    PropertyMapping("Schema Text", "schema-text", is: .anything(because: "the strategy says whether it counts")),
    PropertyMapping("Schema Reference Reader", "schema-reference-reader", is: .anything(because: "the strategy says whether it counts")),
    PropertyMapping("Schema Inference Cache", "schema-inference-cache", is: speed), PropertyMapping("Schema Cache", "schema-cache", is: speed),
  ]

  private static let writtenSchema = schema + [
    PropertyMapping("Schema Write Strategy", "schema-write-strategy", is: .only(["no-schema"], because: "flowrun writes no schema")),
    PropertyMapping("Schema Protocol Version", "schema-protocol-version", is: .anything(because: "no schema is written")),
    PropertyMapping("Schema Reference Writer", "schema-reference-writer", is: .anything(because: "no schema is written")),
  ]

  private static let times = ["Date Format", "Time Format", "Timestamp Format"].map {
    PropertyMapping($0, is: .only([], because: "here times are texts, which stay as they are"))
  }

  private static let csvForm = [
    PropertyMapping("CSV Format", is: handled), PropertyMapping("Value Separator", is: handled), PropertyMapping("Quote Character", is: handled),
    PropertyMapping("Comment Marker", is: handled), PropertyMapping("Null String", is: handled),
    PropertyMapping("Escape Character", is: .only(["\\"], because: "flowrun's CSV has no escapes: a quote within quotes is doubled")),
    PropertyMapping("Character Set", "csvutils-character-set", is: .only(["UTF-8", "utf8"], because: "texts are UTF-8")),
  ]

  static let csvReader = schema + times + csvForm + [
    PropertyMapping("Treat First Line as Header", "Skip Header Line", is: handled), PropertyMapping("Trim Fields", is: handled),
    PropertyMapping("Ignore CSV Header Column Names", "ignore-csv-header", is: handled),
    PropertyMapping("CSV Parser", "csv-reader-csv-parser", is: speed),
    PropertyMapping("Record Separator", is: .anything(because: "lines end with CR, LF or both")),
    PropertyMapping("Allow Duplicate Header Names", "csvutils-allow-duplicate-header-names", is: .anything(because: "a name that stands twice fails the FlowFile")),
    PropertyMapping("Trim double quote", "Trim Double Quote", is: .only(["true"], because: "quotes around a field are no part of it")),
  ]

  static let csvWriter = writtenSchema + times + csvForm + [
    PropertyMapping("Include Header Line", is: handled), PropertyMapping("CSV Writer", "csv-writer", is: speed),
    PropertyMapping("Trim Fields", is: .only(["true"], because: "values are written as they are")),
    PropertyMapping("Quote Mode", is: .only(["MINIMAL"], because: "flowrun quotes the fields that need it")),
    PropertyMapping("Record Separator", is: handled),
    PropertyMapping("Include Trailing Delimiter", is: .only(["false"], because: "nothing stands behind the last field")),
  ]

  static let jsonReader = schema + times + [
    PropertyMapping("Starting Field Strategy", "starting-field-strategy", is: handled), PropertyMapping("Starting Field Name", "starting-field-name", is: handled),
    PropertyMapping("Schema Application Strategy", "schema-application-strategy", is: .anything(because: "the schema is that of the content")),
    PropertyMapping("Max String Length", is: speed), PropertyMapping("Allow Comments", is: .only(["false"], because: "flowrun's JSON has no comments")),
  ]

  static let jsonWriter = writtenSchema + times + [
    PropertyMapping("Output Grouping", "output-grouping", is: handled), PropertyMapping("Compression Format", "compression-format", is: handled),
    PropertyMapping("Suppress Null Values", "suppress-nulls", is: handled),
    PropertyMapping("Compression Level", "compression-level", is: .anything(because: "the format says whether it counts")),
    PropertyMapping("Pretty Print JSON", is: .anything(because: "white space in JSON has no meaning")),
    PropertyMapping("Allow Scientific Notation", is: .anything(because: "a number is the same in either form")),
  ]

  static let pool = [
    PropertyMapping("Database Connection URL", "hikaricp-connection-url", is: handled), PropertyMapping("Database User", "database-user", "hikaricp-username", is: handled),
    PropertyMapping("Password", "hikaricp-password", is: .anything(because: "a password comes from PGPASSWORD or .pgpass")),
    PropertyMapping("Password Source", is: .only(["PASSWORD"], because: "a password comes from PGPASSWORD or .pgpass")),
    PropertyMapping("Database Driver Class Name", "Database Driver Class", "hikaricp-driver-classname", is: .anything(because: "flowrun brings its drivers")),
    PropertyMapping("Database Driver Locations", "Database Driver Location(s)", "database-driver-locations", "hikaricp-driver-locations", is: .anything(because: "flowrun brings its drivers")),
    PropertyMapping("Database Driver Jar Url", is: .anything(because: "flowrun brings its drivers")),
    PropertyMapping("Kerberos User Service", "kerberos-user-service", "hikaricp-kerberos-user-service", "Kerberos Credentials Service", "kerberos-credentials-service", is: .only([], because: "flowrun signs in with a password or a certificate")),
    PropertyMapping("Kerberos Principal", "kerberos-principal", is: .only([], because: "flowrun signs in with a password or a certificate")),
    PropertyMapping("Kerberos Password", "kerberos-password", is: .only([], because: "flowrun signs in with a password or a certificate")),
    PropertyMapping("Max Wait Time", "hikaricp-max-wait-time", is: speed),
    PropertyMapping("Max Total Connections", "Maximum Total Connections", "hikaricp-max-total-conns", is: speed), PropertyMapping("Validation query", "Validation Query", "Validation-query", "hikaricp-validation-query", is: speed),
    PropertyMapping("Minimum Idle Connections", "dbcp-min-idle-conns", "hikaricp-min-idle-conns", is: speed), PropertyMapping("Max Idle Connections", "dbcp-max-idle-conns", is: speed),
    PropertyMapping("Max Connection Lifetime", "Maximum Connection Lifetime", "dbcp-max-conn-lifetime", "hikaricp-max-conn-lifetime", is: speed),
    PropertyMapping("Time Between Eviction Runs", "dbcp-time-between-eviction-runs", is: speed),
    PropertyMapping("Minimum Evictable Idle Time", "dbcp-min-evictable-idle-time", is: speed),
    PropertyMapping("Soft Minimum Evictable Idle Time", "dbcp-soft-min-evictable-idle-time", is: speed),
  ]

  /// What is set in a service otherwise than flowrun has it.
  /// - Parameters:
  ///   - known: its properties.
  ///   - role: what the service is.
  static func differences(_ service: NiFiService, _ known: [PropertyMapping], _ role: String) -> [Difference] {
    service.properties.compactMap { property in
      let name = Quote.short(property.name)
      let mapping = known.first { $0.names.contains(property.name) }
      if case .anything? = mapping?.target { return nil }
      guard let value = property.value, !value.isEmpty else {
        return property.isHidden ? Difference(role, property.name, nil, "'\(name)' of the \(role) is sensitive and is left out") : nil
      }
      // A driver's own option may be a password.
      let isSecret = [property.name, property.displayName ?? ""].contains(where: SecretName.matches)
      let shown = isSecret ? "set" : "'\(Quote.short(value))'"
      func difference(_ note: String) -> Difference { Difference(role, property.name, isSecret ? nil : value, note) }
      guard let mapping else { return difference("'\(name)' of the \(role) is \(shown) in NiFi, and flowrun has no such property") }
      guard case .only(let values, let reason) = mapping.target, !values.contains(where: { $0.lowercased() == value.lowercased() }) else { return nil }
      return difference("'\(name)' of the \(role) is \(shown) in NiFi: \(reason)")
    }
  }
}
