import FlowCore

/// Joins complete JSON documents as bytes, without parsing them. Each must be UTF-8; a byte order mark is removed.
enum JSONJoin {
  /// A document as a member's value, without white space around it: so it is found again in the object.
  static func member(_ document: [UInt8]) -> [UInt8] {
    let decoded = AnswerText.decoded(document)
    guard let first = decoded.firstIndex(where: { !$0.isJSONSpace }), let last = decoded.lastIndex(where: { !$0.isJSONSpace }) else { return [] }
    return Array(decoded[first...last])
  }

  /// `[a,b]`.
  static func list(_ documents: [[UInt8]]) -> [UInt8] {
    var list: [UInt8] = []
    list.reserveCapacity(documents.reduce(documents.count + 1) { $0 + $1.count })
    for document in documents {
      list.append(UInt8(ascii: list.isEmpty ? "[" : ","))
      list += AnswerText.decoded(document)
    }
    return (list.isEmpty ? [UInt8(ascii: "[")] : list) + [UInt8(ascii: "]")]
  }

  /// `{"a":…,"b":…}`.
  static func object(_ members: [(member: String, json: [UInt8])]) -> [UInt8] {
    var object: [UInt8] = []
    object.reserveCapacity(members.reduce(2) { $0 + $1.json.count + $1.member.utf8.count + 4 })
    for (member, json) in members {
      object.append(UInt8(ascii: object.isEmpty ? "{" : ","))
      object += JSONText.quotedBytes(member) + [UInt8(ascii: ":")] + json
    }
    return (object.isEmpty ? [UInt8(ascii: "{")] : object) + [UInt8(ascii: "}")]
  }

  /// Appends a member to an object; nil if the bytes do not look like an object.
  static func object(_ object: [UInt8], adding name: String, _ value: [UInt8]) -> [UInt8]? {
    guard let start = object.firstIndex(where: { !$0.isJSONSpace }), object[start] == UInt8(ascii: "{"),
      let end = object.lastIndex(where: { !$0.isJSONSpace }), object[end] == UInt8(ascii: "}"), start < end
    else { return nil }
    let isEmpty = object[(start + 1)..<end].allSatisfy(\.isJSONSpace)
    return Array(object[..<end]) + (isEmpty ? [] : [UInt8(ascii: ",")]) + JSONText.quotedBytes(name) + [UInt8(ascii: ":")] + AnswerText.decoded(value) + [UInt8(ascii: "}")]
  }
}

extension UInt8 {
  var isJSONSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
