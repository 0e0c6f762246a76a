extension RecordBatch {
  /// The rows as JSON Lines: one object per row, members in column order, NULL as `null`. Deterministic. Non-finite
  /// reals become text (`"nan"`).
  package var jsonLines: [UInt8] {
    var bytes: [UInt8] = []
    let keys = columns.map { JSONText.quotedBytes($0.name) + [UInt8(ascii: ":")] }
    for row in 0..<count {
      bytes.append(UInt8(ascii: "{"))
      for (index, column) in columns.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        bytes += keys[index]
        column.writeJSON(row, to: &bytes)
      }
      bytes += [UInt8(ascii: "}"), UInt8(ascii: "\n")]
    }
    return bytes
  }
}

extension RecordBatch.Column {
  fileprivate func writeJSON(_ row: Int, to bytes: inout [UInt8]) {
    if isNull?[row] == true {
      bytes += "null".utf8
      return
    }
    switch values {
    case .integer(let values): bytes += values[row].description.utf8
    case .real(let values) where values[row].isFinite: bytes += values[row].description.utf8
    case .real(let values): JSONText.write(values[row].description, to: &bytes)
    case .text(let values): JSONText.write(values[row], to: &bytes)
    }
  }
}
