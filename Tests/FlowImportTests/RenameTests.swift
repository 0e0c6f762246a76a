import FlowImport
import Foundation
import Testing

/// NiFi's renames of 2.x: a processor with the former name and one with the present name give the same flow file.
///
/// The table is written by hand and must have every former name that the mapping knows.
@Suite("Properties under their names of NiFi 1.x and 2.x")
struct RenameTests {
  struct Rename: Sendable, CustomTestStringConvertible {
    var type: String
    var former: String
    var present: String
    /// A value that is not NiFi's default.
    var value: String
    /// flowrun's property; nil: it makes no difference here, or a placeholder.
    var ours: String?

    init(_ type: String, _ former: String, _ present: String, _ value: String, _ ours: String?) {
      (self.type, self.former, self.present, self.value, self.ours) = (type, former, present, value, ours)
    }
    var testDescription: String { "\(type): \(former) → \(present)" }
  }

  /// Values of properties that the processor cannot be without.
  private static let others: [String: [String: String]] = [
    "ExecuteSQL": ["Database Connection Pooling Service": "pool"], "ConvertRecord": ["Record Reader": "reader", "Record Writer": "writer"],
    "QueryRecord": ["Record Reader": "reader", "Record Writer": "writer"],
    "MergeContent": ["Delimiter Strategy": "Text"],
    "PutDatabaseRecord": ["put-db-record-record-reader": "reader", "put-db-record-dcbp-service": "pool"],
  ]

  static let table: [Rename] = [
    Rename("AttributesToJSON", "attributes-to-json-regex", "Attributes Regular Expression", "a.*", "attributes_regular_expression"),
    Rename("ConvertRecord", "include-zero-record-flowfiles", "Include Zero Record FlowFiles", "false", "include_zero_record_flowfiles"),
    Rename("ConvertRecord", "record-reader", "Record Reader", "reader", "reader"), Rename("ConvertRecord", "record-writer", "Record Writer", "writer", "writer"),
    Rename("ExecuteSQL", "SQL select query", "SQL Query", "SELECT 1", "sql_query"), Rename("ExecuteSQL", "esql-max-rows", "Max Rows Per FlowFile", "5", "max_rows_per_flow_file"),
    Rename("ExecuteSQL", "sql-pre-query", "SQL Pre-Query", "SET a = 1", nil), Rename("ExecuteSQL", "sql-post-query", "SQL Post-Query", "SET a = 1", nil),
    Rename("ExecuteSQL", "esql-output-batch-size", "Output Batch Size", "7", nil), Rename("ExecuteSQL", "esql-fetch-size", "Fetch Size", "7", nil),
    Rename("ExecuteSQL", "esql-auto-commit", "Set Auto Commit", "false", nil), Rename("ExecuteSQL", "dbf-normalize", "Normalize Table/Column Names", "true", nil),
    Rename("ExecuteSQL", "dbf-user-logical-types", "Use Avro Logical Types", "true", nil), Rename("ExecuteSQL", "compression-format", "Compression Format", "SNAPPY", nil),
    Rename("ExecuteSQL", "dbf-default-precision", "Default Decimal Precision", "9", nil), Rename("ExecuteSQL", "dbf-default-scale", "Default Decimal Scale", "9", nil),
    Rename("ExtractText", "extract-text-enable-repeating-capture-group", "Enable Repeating Capture Group", "true", "enable_repeating_capture_group"),
    Rename("ExtractText", "extract-text-enable-named-groups", "Enable Named Groups", "true", "enable_named_group_support"),
    Rename("ExtractText", "Enable repeating capture group", "Enable Repeating Capture Group", "true", "enable_repeating_capture_group"),
    Rename("ExtractText", "Enable named group support", "Enable Named Groups", "true", "enable_named_group_support"),
    Rename("ExtractText", "character-set", "Character Set", "UTF-16", nil), Rename("ReplaceText", "character-set", "Character Set", "UTF-16", nil),
    Rename("FetchFile", "Log level when file not found", "File not Found Log Level", "WARN", nil),
    Rename("FetchFile", "Log level when permission denied", "Permission Denied Log Level", "WARN", nil),
    Rename("GenerateFlowFile", "generate-ff-custom-text", "Custom Text", "a", "content"), Rename("GenerateFlowFile", "mime-type", "Mime Type", "text/plain", "mime_type"),
    Rename("GenerateFlowFile", "character-set", "Character Set", "UTF-16", nil),
    Rename("InvokeHTTP", "Remote URL", "HTTP URL", "https://example.org/", "http_url"), Rename("InvokeHTTP", "Read Timeout", "Socket Read Timeout", "9 secs", "socket_read_timeout"),
    Rename("InvokeHTTP", "Basic Authentication Username", "Request Username", "me", "request_username"),
    Rename("InvokeHTTP", "Basic Authentication Password", "Request Password", "#{secret}", "request_password"),
    Rename("InvokeHTTP", "send-message-body", "Request Body Enabled", "false", "request_body_enabled"),
    Rename("InvokeHTTP", "Content-Type", "Request Content-Type", "text/plain", "request_content_type"),
    Rename("InvokeHTTP", "Useragent", "Request User-Agent", "study", "request_user_agent"),
    Rename("InvokeHTTP", "Attributes to Send", "Request Header Attributes Pattern", "a.*", "request_header_attributes_pattern"),
    Rename("InvokeHTTP", "Always Output Response", "Response Generation Required", "true", "response_generation_required"),
    Rename("InvokeHTTP", "Put Response Body In Attribute", "Response Body Attribute Name", "body", "response_body_attribute_name"),
    Rename("InvokeHTTP", "Max Length To Put In Attribute", "Response Body Attribute Size", "99", "response_body_attribute_size"),
    Rename("InvokeHTTP", "Follow Redirects", "Response Redirects Enabled", "False", "response_redirects_enabled"),
    Rename("InvokeHTTP", "ignore-response-content", "Response Body Ignored", "true", "response_body_ignored"),
    Rename("InvokeHTTP", "Penalize on \"No Retry\"", "Request Failure Penalization Enabled", "true", nil),
    Rename("InvokeHTTP", "Digest Authentication", "Request Digest Authentication Enabled", "true", nil),
    Rename("InvokeHTTP", "form-body-form-name", "Request Multipart Form-Data Name", "form", nil),
    Rename("InvokeHTTP", "set-form-filename", "Request Multipart Form-Data Filename Enabled", "false", nil),
    Rename("InvokeHTTP", "Content-Encoding", "Request Content-Encoding", "GZIP", nil),
    Rename("InvokeHTTP", "Use Chunked Encoding", "Request Chunked Transfer-Encoding Enabled", "true", nil),
    Rename("InvokeHTTP", "Include Date Header", "Request Date Header Enabled", "False", nil),
    Rename("InvokeHTTP", "oauth2-access-token-provider", "Request OAuth2 Access Token Provider", "token", nil),
    Rename("InvokeHTTP", "use-etag", "Response Cache Enabled", "true", nil), Rename("InvokeHTTP", "etag-max-cache-size", "Response Cache Size", "9MB", nil),
    Rename("InvokeHTTP", "cookie-strategy", "Response Cookie Strategy", "ACCEPT_ALL", nil),
    Rename("InvokeHTTP", "flow-file-naming-strategy", "Response FlowFile Naming Strategy", "URL_PATH", nil),
    Rename("InvokeHTTP", "Add Response Headers to Request", "Response Header Request Attributes Enabled", "true", nil),
    Rename("InvokeHTTP", "proxy-configuration-service", "Proxy Configuration Service", "proxy", nil), Rename("InvokeHTTP", "disable-http2", "HTTP/2 Disabled", "True", nil),
    Rename("InvokeHTTP", "idle-timeout", "Socket Idle Timeout", "9 mins", nil), Rename("InvokeHTTP", "max-idle-connections", "Socket Idle Connections", "9", nil),
    Rename("InvokeHTTP", "invokehttp-proxy-user", "Proxy Username", "me", nil),
    Rename("InvokeHTTP", "invokehttp-proxy-password", "Proxy Password", "secret", nil),
    Rename("ListFile", "listing-strategy", "Listing Strategy", "none", nil), Rename("ListFile", "record-writer", "Record Writer", "writer", nil),
    Rename("ListFile", "target-system-timestamp-precision", "Target System Timestamp Precision", "millis", nil),
    Rename("ListFile", "et-state-cache", "Entity Tracking State Cache", "cache", nil), Rename("ListFile", "et-time-window", "Entity Tracking Time Window", "9 hours", nil),
    Rename("ListFile", "et-initial-listing-target", "Entity Tracking Initial Listing Target", "window", nil),
    Rename("ListFile", "track-performance", "Track Performance", "true", nil), Rename("ListFile", "max-performance-metrics", "Maximum Number of Files to Track", "9", nil),
    Rename("ListFile", "max-operation-time", "Max Disk Operation Time", "9 secs", nil), Rename("ListFile", "max-listing-time", "Max Directory Listing Time", "9 mins", nil),
    Rename("LogAttribute", "Log prefix", "Log Prefix", "seen", "message"),
    Rename("LogAttribute", "attributes-to-log-regex", "Attributes to Log Regular Expression", "a.*", nil),
    Rename("LogAttribute", "attributes-to-ignore-regex", "Attributes to Ignore Regular Expression", "a.*", nil),
    Rename("LogMessage", "log-message", "Log Message", "seen", "message"), Rename("LogMessage", "log-level", "Log Level", "warn", nil),
    Rename("LogMessage", "log-prefix", "Log Prefix", "seen", "message"), Rename("RouteOnContent", "character-set", "Character Set", "UTF-16", nil),
    Rename("LogAttribute", "character-set", "Character Set", "UTF-16", nil),
    Rename("MergeContent", "Maximum number of Bins", "Maximum Number of Bins", "9", "maximum_number_of_bins"), Rename("MergeContent", "Header File", "Header", "[", "header"),
    Rename("MergeContent", "Footer File", "Footer", "]", "footer"), Rename("MergeContent", "Demarcator File", "Demarcator", ",", "demarcator"),
    Rename("MergeContent", "mergecontent-metadata-strategy", "Metadata Strategy", "Use First Metadata", nil),
    Rename("PackageFlowFile", "max-batch-size", "Maximum Batch Size", "9", nil),
    Rename("PutDatabaseRecord", "put-db-record-statement-type", "Statement Type", "UPSERT", "statement_type"),
    Rename("PutDatabaseRecord", "put-db-record-table-name", "Table Name", "t", "table_name"), Rename("PutDatabaseRecord", "put-db-record-update-keys", "Update Keys", "a, b", "update_keys"),
    Rename("PutDatabaseRecord", "put-db-record-translate-field-names", "Translate Field Names", "false", "translate_field_names"),
    Rename("PutDatabaseRecord", "put-db-record-unmatched-field-behavior", "Unmatched Field Behavior", "Fail on Unmatched Fields", "unmatched_field_behavior"),
    Rename("PutDatabaseRecord", "put-db-record-unmatched-column-behavior", "Unmatched Column Behavior", "Ignore Unmatched Columns", nil),
    Rename("PutDatabaseRecord", "put-db-record-record-reader", "Record Reader", "reader", "reader"),
    Rename("PutDatabaseRecord", "put-db-record-dcbp-service", "Database Connection Pooling Service", "pool", "database"),
    Rename("PutDatabaseRecord", "db-type", "Database Type", "Oracle", nil), Rename("PutDatabaseRecord", "put-db-record-catalog-name", "Catalog Name", "c", nil),
    Rename("PutDatabaseRecord", "put-db-record-schema-name", "Schema Name", "s", nil), Rename("PutDatabaseRecord", "put-db-record-field-containing-sql", "Field Containing SQL", "q", nil),
    Rename("PutDatabaseRecord", "put-db-record-allow-multiple-statements", "Allow Multiple SQL Statements", "true", nil),
    Rename("PutDatabaseRecord", "put-db-record-quoted-identifiers", "Quote Column Identifiers", "true", nil),
    Rename("PutDatabaseRecord", "put-db-record-quoted-table-identifiers", "Quote Table Identifiers", "true", nil),
    Rename("PutDatabaseRecord", "put-db-record-query-timeout", "Max Wait Time", "9 secs", nil), Rename("PutDatabaseRecord", "rollback-on-failure", "Rollback On Failure", "true", nil),
    Rename("PutDatabaseRecord", "table-schema-cache-size", "Table Schema Cache Size", "9", nil),
    Rename("PutDatabaseRecord", "put-db-record-max-batch-size", "Maximum Batch Size", "9", nil),
    Rename("PutDatabaseRecord", "database-session-autocommit", "Database Session AutoCommit", "true", nil),
    Rename("PutDatabaseRecord", "put-db-record-binary-format", "Binary String Format", "Hexadecimal", nil),
    Rename("QueryRecord", "record-reader", "Record Reader", "reader", "reader"), Rename("QueryRecord", "record-writer", "Record Writer", "writer", "writer"),
    Rename("QueryRecord", "include-zero-record-flowfiles", "Include Zero Record FlowFiles", "false", "include_zero_record_flowfiles"),
    Rename("QueryRecord", "cache-schema", "Cache Schema", "false", nil), Rename("QueryRecord", "dbf-default-precision", "Default Decimal Precision", "9", nil),
    Rename("QueryRecord", "dbf-default-scale", "Default Decimal Scale", "9", nil),
    Rename("ReplaceText", "Regular Expression", "Search Value", "a+", "search_value"),
    Rename("RetryFlowFile", "retry-attribute", "Retry Attribute", "again", "retry_attribute"), Rename("RetryFlowFile", "maximum-retries", "Maximum Retries", "7", "maximum_retries"),
    Rename("RetryFlowFile", "penalize-retries", "Penalize Retries", "false", "penalize_retries"),
    Rename("RetryFlowFile", "Fail on Non-numerical Overwrite", "Fail on Nonnumerical Overwrite", "true", "fail_on_non_numerical_overwrite"),
    Rename("RetryFlowFile", "reuse-mode", "Reuse Mode", "reset", "reuse_mode"),
    Rename("UnpackContent", "allow-stored-entries-wdd", "Allow Stored Entries With Data Descriptor", "true", nil),
    Rename("UpdateAttribute", "canonical-value-lookup-cache-size", "Cache Value Lookup Cache Size", "9", nil),
  ]

  private static func flow(_ rename: Rename, _ name: String) throws -> (yaml: String, component: ImportedComponent) {
    let package = rename.type == "UpdateAttribute" ? "attributes" : "standard"
    var properties: [String: Any] = others[rename.type] ?? [:]
    for known in [rename.former, rename.present] { properties[known] = nil }
    // A service has one name of its two only.
    if rename.ours == "reader" { properties = properties.filter { !$0.key.lowercased().contains("reader") } }
    if rename.ours == "writer" { properties = properties.filter { !$0.key.lowercased().contains("writer") } }
    if rename.ours == "database" { properties = properties.filter { $0.value as? String != "pool" } }
    properties[name] = rename.value
    let services: [[String: Any]] = [
      ["identifier": "reader", "name": "reader", "type": "org.apache.nifi.json.JsonTreeReader", "properties": [String: Any]()],
      ["identifier": "writer", "name": "writer", "type": "org.apache.nifi.json.JsonRecordSetWriter", "properties": [String: Any]()],
      ["identifier": "pool", "name": "pool", "type": "org.apache.nifi.dbcp.DBCPConnectionPool", "properties": ["Database Connection URL": "jdbc:sqlite:/x.db"]],
    ]
    let processor = ImportBench.processor("p", "\(package).\(rename.type)", properties)
    let flow = try ImportBench.imported(ImportBench.definition([processor], group: ["controllerServices": services]))
    // Properties stand in the order of the file, which is that of their names.
    return (flow.yaml.split(separator: "\n").sorted().joined(separator: "\n"), try flow.component("p"))
  }

  @Test("both names give the same flow file, under flowrun's name", arguments: table)
  func same(_ rename: Rename) throws {
    let former = try Self.flow(rename, rename.former), present = try Self.flow(rename, rename.present)
    // The report and the help of a parameter quote the name that the file has.
    func plain(_ text: String) -> String { text.replacing(rename.former, with: rename.present) }
    #expect(former.component.status == present.component.status && former.component.notes.map(plain).sorted() == present.component.notes.sorted())
    guard let ours = rename.ours else {
      #expect(!former.component.notes.contains { $0.contains("does not know") }, "\(former.component)")
      if former.component.status != .placeholder { #expect(plain(former.yaml) == present.yaml) }
      return
    }
    #expect(former.yaml == present.yaml && former.component.status != .placeholder)
    #expect(former.yaml.contains("      \(ours): "), "\(former.yaml)")
  }

  @Test("the table has every former name that a mapping knows, and no other")
  func complete() {
    var known: Set<String> = []
    for mapping in TypeMapping.all {
      for property in mapping.properties { for former in property.names.dropFirst() { known.insert("\(mapping.nifi): \(former) → \(property.names[0])") } }
    }
    let table = Set(Self.table.map(\.testDescription))
    #expect(known.subtracting(table).sorted() == [])
    #expect(table.subtracting(known).sorted() == [])
  }
}
