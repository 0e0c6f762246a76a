import FlowDrawing
import Mustache

/// Templates of pages, whose `{{values}}` are escaped scalar by scalar.
///
/// swift-mustache compares characters: a quote followed by a combining mark is another character to it, passes as it is and ends an attribute.
package enum PageTemplate {
  private struct ScalarEscaping: MustacheContentType {
    func escapeText(_ text: String) -> String { SVGElement.escaped(text) }
  }

  private static let contentType: String = {
    MustacheContentTypes.register(ScalarEscaping(), named: "FLOWRUN")
    return "FLOWRUN"
  }()

  /// Throws if the template is not well-formed.
  package static func make(_ bytes: [UInt8]) throws -> MustacheTemplate {
    try MustacheTemplate(string: "{{% CONTENT_TYPE:\(contentType)}}\n" + String(decoding: bytes, as: UTF8.self))
  }
}

/// Style sheets: light and dark, on screen and on paper.
package enum ReportStyle {
  /// Colours and charts, for any page that shows them.
  package static var charts: String { String(decoding: PackageResources.charts_css, as: UTF8.self) }
  /// All of the report.
  package static var css: String { charts + String(decoding: PackageResources.report_css, as: UTF8.self) }
}
