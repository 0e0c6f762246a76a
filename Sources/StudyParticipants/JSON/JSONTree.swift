import FlowBase

/// A small JSON document (RFC 8259) as a tree that is written back without loss: members keep their order, numbers
/// their text.
///
/// For participant files and a provider's control responses (tokens, errors, devices, profile). Measured data is read
/// by `FlowJSON`.
package enum JSONTree: Sendable, Equatable {
  case null
  case boolean(Bool)
  /// The text as written: `1.10` and `12345678901234567890` are preserved.
  case number(String)
  case string(String)
  case list([JSONTree])
  case object([Member])

  package struct Member: Sendable, Equatable {
    package var name: String
    package var value: JSONTree
    package init(_ name: String, _ value: JSONTree) {
      self.name = name
      self.value = value
    }
  }

  /// A member of an object; assigning nil removes it, assigning a new one appends it. nil for anything but an object.
  package subscript(name: String) -> JSONTree? {
    get {
      guard case .object(let members) = self else { return nil }
      return members.first { $0.name == name }?.value
    }
    set {
      guard case .object(var members) = self else { return }
      let index = members.firstIndex { $0.name == name }
      switch (index, newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append(Member(name, value))
      case (nil, nil): break
      }
      self = .object(members)
    }
  }

  package var members: [Member]? {
    if case .object(let members) = self { members } else { nil }
  }
  package var elements: [JSONTree]? {
    if case .list(let elements) = self { elements } else { nil }
  }
  package var text: String? {
    if case .string(let text) = self { text } else { nil }
  }
  package var isNull: Bool { self == .null }

  /// A finite number, possibly written as a string.
  package var realValue: Double? {
    switch self {
    case .number(let text), .string(let text): Double(text).flatMap { $0.isFinite ? $0 : nil }
    default: nil
    }
  }

  /// The kind of value, for messages: never the value itself, which may be a secret.
  package var kindWords: String {
    switch self {
    case .null: "null"
    case .boolean: "a boolean"
    case .number: "a number"
    case .string(let text): text.isEmpty ? "an empty string" : "a string"
    case .list: "a list"
    case .object: "an object"
    }
  }
}

extension JSONTree {
  /// Two spaces a level, members in order, a final line feed: equal trees give equal bytes.
  package var prettyBytes: [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes, indentation: 0)
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  private func write(to bytes: inout [UInt8], indentation: Int) {
    switch self {
    case .null: bytes += "null".utf8
    case .boolean(let value): bytes += (value ? "true" : "false").utf8
    case .number(let text): bytes += text.utf8
    case .string(let text): JSONText.write(text, to: &bytes)
    case .list(let elements):
      Self.write(elements, brackets: ("[", "]"), to: &bytes, indentation: indentation) { element, bytes in
        element.write(to: &bytes, indentation: indentation + 1)
      }
    case .object(let members):
      Self.write(members, brackets: ("{", "}"), to: &bytes, indentation: indentation) { member, bytes in
        JSONText.write(member.name, to: &bytes)
        bytes += ": ".utf8
        member.value.write(to: &bytes, indentation: indentation + 1)
      }
    }
  }

  private static func write<Part>(
    _ parts: [Part], brackets: (String, String), to bytes: inout [UInt8], indentation: Int,
    part: (Part, inout [UInt8]) -> Void
  ) {
    bytes += brackets.0.utf8
    for (index, element) in parts.enumerated() {
      bytes += (index == 0 ? "\n" : ",\n").utf8
      bytes += repeatElement(UInt8(ascii: " "), count: (indentation + 1) * 2)
      part(element, &bytes)
    }
    if !parts.isEmpty {
      bytes.append(UInt8(ascii: "\n"))
      bytes += repeatElement(UInt8(ascii: " "), count: indentation * 2)
    }
    bytes += brackets.1.utf8
  }
}
