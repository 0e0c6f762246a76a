import Foundation
import Testing

/// One recorded assertion.
struct ConformanceCase: Decodable, CustomStringConvertible {
  enum Expected: Decodable, Equatable {
    case value(String)
    case error
    /// Only compiles the expression.
    case valid

    init(from decoder: any Decoder) throws {
      if let text = try? decoder.singleValueContainer().decode(String.self) {
        self = .value(text)
        return
      }
      let flags = try decoder.singleValueContainer().decode([String: Bool].self)
      self = flags["error"] == true ? .error : .valid
    }
  }

  let id: String
  let expression: String
  let attributes: [String: String]?
  let parameters: [String: String]?
  let state: [String: String]?
  let tz: String?
  let expected: Expected
  let phase: String?
  let result_type: String?

  var description: String { id }

  /// The subject of the case.
  var category: String { String(id.prefix { $0 != "/" }) }

  static func load(_ name: String) throws -> [ConformanceCase] {
    let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures")
    let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    return try text.split(separator: "\n").map { try JSONDecoder().decode(ConformanceCase.self, from: Data($0.utf8)) }
  }
}
