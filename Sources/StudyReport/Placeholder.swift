import Mustache

enum ReportPlaceholder {
  static func template() throws -> MustacheTemplate { try MustacheTemplate(string: String(decoding: PackageResources.report_mustache, as: UTF8.self)) }
}
