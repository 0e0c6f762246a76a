import FlowCore

extension RecordBatch {
  /// Replaces the NULLs of a column by the values of others of the same kind, in order.
  func filling(_ name: String, from others: [String]) -> RecordBatch {
    guard let place = columns.firstIndex(where: { $0.name == name }) else { return self }
    var batch = self
    for other in others.compactMap({ self[$0] }) {
      guard let isNull = batch.columns[place].isNull else { break }
      batch.columns[place] = batch.columns[place].filling(isNull, from: other)
    }
    return batch
  }

  /// Drops the columns read from these members of the document: they were not requested, so their values are unknown
  /// rather than NULL.
  func withoutColumns(readFrom members: [String], _ mapping: RecordMapping) -> RecordBatch {
    let left = mapping.columns.filter { column in column.rootMember.map { !members.contains($0) } ?? true }.map(\.name)
    var batch = self
    batch.columns = columns.filter { left.contains($0.name) }
    return batch
  }

  /// Drops the rows for which only NULL was read.
  func withoutEmptyRows(_ mapping: RecordMapping) -> RecordBatch {
    let read = mapping.columns.filter(\.isRead).compactMap { self[$0.name] }
    let kept = (0..<count).filter { row in read.contains { $0.isNull?[row] != true } }
    guard kept.count < count else { return self }
    var batch = rows(kept)
    batch.droppedCount = droppedCount
    batch.emptyCount = emptyCount + count - kept.count
    return batch
  }
}

extension RecordBatch.Column {
  fileprivate func filling(_ isNull: [Bool], from other: RecordBatch.Column) -> RecordBatch.Column {
    func chosen<Value>(_ own: [Value], _ others: [Value]) -> [Value] { own.indices.map { isNull[$0] ? others[$0] : own[$0] } }
    let values: RecordBatch.Values =
      switch (self.values, other.values) {
      case (.integer(let own), .integer(let others)): .integer(chosen(own, others))
      case (.real(let own), .real(let others)): .real(chosen(own, others))
      case (.text(let own), .text(let others)): .text(chosen(own, others))
      default: preconditionFailure("an alternative has the kind of its column")
      }
    let left = isNull.indices.map { isNull[$0] && (other.isNull?[$0] ?? false) }
    return RecordBatch.Column(name: name, values: values, isNull: left.contains(true) ? left : nil)
  }
}

extension MappedColumn {
  /// Whether its values come from the document.
  var isRead: Bool {
    switch origin {
    case .path, .timeOfDay, .total: true
    case .attribute, .zone: false
    }
  }
  /// The first member of an absolute path.
  var rootMember: String? {
    switch origin {
    case .path(let path), .total(let path):
      guard path.isAbsolute, case .member(let name)? = path.components.first else { return nil }
      return name
    case .attribute, .timeOfDay, .zone: return nil
    }
  }
  var needsZone: Bool {
    if case .zone = origin { true } else { notation == .localTime }
  }
  var needsFirstDate: Bool {
    if case .timeOfDay = origin { true } else { false }
  }
}
