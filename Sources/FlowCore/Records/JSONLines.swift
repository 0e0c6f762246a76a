extension RecordBatch {
  /// The rows as JSON lines, one object a row, members in column order, NULL as `null`: deterministic bytes.
  package var jsonLines: [UInt8] {
    var bytes: [UInt8] = []
    let keys = columns.map { Array((JSONText.quoted($0.name) + ":").utf8) }
    for row in 0..<count {
      bytes.append(UInt8(ascii: "{"))
      for (index, column) in columns.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        bytes += keys[index]
        bytes += column.jsonText(row).utf8
      }
      bytes += [UInt8(ascii: "}"), UInt8(ascii: "\n")]
    }
    return bytes
  }
}

extension RecordBatch.Column {
  fileprivate func jsonText(_ row: Int) -> String {
    if isNull?[row] == true { return "null" }
    switch values {
    case .integer(let values): return String(values[row])
    case .real(let values): return values[row].description
    case .text(let values): return JSONText.quoted(values[row])
    }
  }
}

/// JSON's text form (RFC 8259 §7).
package enum JSONText {
  package static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
