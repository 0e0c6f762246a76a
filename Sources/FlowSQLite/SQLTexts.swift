import FlowCore

/// The texts of generated statements, built once for each table: one has hundreds of placeholders, and every slice needs several.
final class SQLTexts: Sendable {
  enum Kind: Hashable, Sendable { case insert, replace, scan }

  struct Key: Hashable, Sendable {
    var kind: Kind
    var table: String
    var columns: [String]
    /// Rows in one statement.
    var rows = 1
  }

  private let texts = Locked<[Key: String]>([:])

  func text(_ key: Key, _ build: () -> String) -> String {
    if let known = texts.withLock({ $0[key] }) { return known }
    let built = build()
    texts.withLock { $0[key] = built }
    return built
  }
}
