import CSimdJSON
import FlowCore

/// The extraction of one document: receives chunks of cells and keeps the rows inside the window.
struct Extraction {
  /// The first invalid cell, by row and then by column of the plan.
  struct FirstInvalidCell {
    var row: Int
    var column: Int
    var expected: String
  }

  /// The chunk: row r of column c is `cells[c * capacity + r]`. Only set during the walk.
  var cells = UnsafeMutableBufferPointer<flow_json_cell>(start: nil, count: 0)
  var capacity = 0
  private(set) var invalidCell: FirstInvalidCell?
  /// The rows to take, by number; nil takes all. Others are not even looked at.
  var wantedRows: [Bool]?
  /// Columns, by index in the mapping, in which a list has no element for an attribute's value. Only noted if the context is part of an
  /// answer: another part may have it.
  private(set) var unmatchedColumns: Set<Int> = []
  /// The values of `total` columns, once the document is parsed.
  var totals: [String: Double] = [:]

  private let mapping: RecordMapping
  private let context: ExtractionContext
  private let readColumns: [Int]
  private var builders: [ColumnBuilder]
  /// The builder that decides whether a row is in the window, if there is one.
  private let windowBuilder: Int?
  /// The builders in which a NULL removes the row.
  private let neededBuilders: [Int]
  private var rowsTaken = 0
  /// Rows of the document so far, including those that are not wanted.
  private var rowsSeen = 0
  private var count = 0
  private var droppedCount = 0
  private var emptyCount = 0

  init(mapping: RecordMapping, plan: ExtractionPlan, context: ExtractionContext) throws {
    self.mapping = mapping
    self.context = context
    readColumns = plan.readColumns
    builders = try readColumns.map { try ColumnBuilder(mapping.columns[$0], context) }
    neededBuilders = builders.indices.filter { [builders] in builders[$0].column.skipsRowIfNull }
    windowBuilder = builders.firstIndex { builder in
      if let name = context.windowColumn { return builder.column.name == name }
      return context.window != nil && builder.column.kind == .instant
    }
  }

  mutating func setDefaultWhereObjectIsAbsent(of column: String) {
    for index in builders.indices where builders[index].column.name == column { builders[index].replacesAbsentObject = true }
  }

  /// Takes the next `count` rows. Returns false after an invalid cell, which ends the walk.
  mutating func take(count chunk: Int, remaining: Int) -> Bool {
    let seen = rowsSeen
    rowsSeen += chunk
    guard let wantedRows else { return take(chunk, remaining: remaining) { seen + $0 } }
    let wanted = (0..<chunk).filter { wantedRows[seen + $0] }
    if wanted.isEmpty { return true }
    for column in builders.indices {
      for (place, row) in wanted.enumerated() { cells[column * capacity + place] = cells[column * capacity + row] }
    }
    return take(wanted.count, remaining: remaining) { seen + wanted[$0] }
  }

  /// - Parameter number: the number in the document of a row of the chunk.
  private mutating func take(_ chunk: Int, remaining: Int, number: (Int) -> Int) -> Bool {
    if context.isPartOfAnswer { tolerateUnmatched(chunk) }
    for column in builders.indices {
      // The first chunk already knows how many rows remain: one allocation per column.
      if rowsTaken == 0 { builders[column].reserve(chunk + remaining) }
      let chunkCells = UnsafeBufferPointer(rebasing: cells[(column * capacity)..<(column * capacity + chunk)])
      guard let invalid = builders[column].append(chunkCells) else { continue }
      let row = number(invalid.row)
      // Columns are read one after the other, so a later column may have an earlier invalid row.
      if invalidCell.map({ row < $0.row }) ?? true {
        invalidCell = FirstInvalidCell(row: row, column: column, expected: invalid.expected)
      }
    }
    if invalidCell != nil { return false }
    rowsTaken += chunk
    count += chunk
    // First the window: an empty row outside of it counts as dropped, not as empty.
    skipEmptyRows(dropOutside(of: chunk))
    return true
  }

  /// Lists that have elements for other parts of the answer only: it says nothing about this one.
  private mutating func tolerateUnmatched(_ chunk: Int) {
    for column in builders.indices {
      for place in column * capacity..<column * capacity + chunk where cells[place].kind == .unmatched {
        cells[place].kind = .parentAbsent
        unmatchedColumns.insert(readColumns[column])
      }
    }
  }

  private mutating func skipEmptyRows(_ chunk: Int) {
    var left = chunk
    for needed in neededBuilders {
      guard let keeps = builders[needed].marksOfValues(last: left) else { continue }
      for column in builders.indices { builders[column].keep(keeps) }
      let empty = keeps.reduce(0) { $1 ? $0 : $0 + 1 }
      left -= empty
      count -= empty
      emptyCount += empty
    }
  }

  /// Returns how many of the last rows remain.
  private mutating func dropOutside(of chunk: Int) -> Int {
    guard let windowBuilder, let keeps = marksInside(builders[windowBuilder], last: chunk) else { return chunk }
    for column in builders.indices { builders[column].keep(keeps) }
    let dropped = keeps.reduce(0) { $1 ? $0 : $0 + 1 }
    count -= dropped
    droppedCount += dropped
    return chunk - dropped
  }

  private func marksInside(_ builder: ColumnBuilder, last chunk: Int) -> [Bool]? {
    switch builder.column.kind {
    case .instant: context.window.flatMap { builder.marks(inside: $0, last: chunk) }
    case .date: context.dates.flatMap { builder.marks(inside: $0, last: chunk) }
    default: nil
    }
  }

  /// Rejects a response without any row in the window: it answers a different request.
  private func requireRowInside() throws {
    guard droppedCount > 0, count == 0, emptyCount == 0, !context.isPartOfAnswer, !context.isOpenEnded else { return }
    throw outside(droppedCount)
  }

  func outside(_ droppedCount: Int) -> ExtractionError {
    let dates = context.dates.map { "\($0.lowerBound.text) until \($0.upperBound.text)" }
    let instants = context.window.map { "\(Instant(seconds: $0.lowerBound).text) until \(Instant(seconds: $0.upperBound).text)" }
    let isDated = windowBuilder.map { builders[$0].column.kind == .date } ?? false
    let window = (isDated ? dates : instants) ?? "there"
    return ExtractionError(
      pointer: mapping.rows.text, found: "a list of \(droppedCount) elements that are all outside of the requested range", expected: "some from \(window)")
  }

  /// The rows, after the walk. Throws `ExtractionError` for an attribute that is invalid for its column.
  consuming func batch() throws -> RecordBatch {
    try requireRowInside()
    var columns = [RecordBatch.Column?](repeating: nil, count: mapping.columns.count)
    for (builder, index) in readColumns.enumerated() { columns[index] = builders[builder].column(count) }
    for (index, column) in mapping.columns.enumerated() where column.origin == .attribute {
      columns[index] = try attributeColumn(column)
    }
    for (index, column) in mapping.columns.enumerated() {
      guard let name = column.timeIn, let midnights = columns[index] else { continue }
      columns[index] = instants(of: midnights, at: mapping.columns.firstIndex { $0.name == name }.flatMap { columns[$0] })
    }
    for (index, column) in mapping.columns.enumerated() {
      guard let name = column.offsetAs, let local = columns[index] else { continue }
      columns[index] = instants(of: local, withOffsetsAt: mapping.columns.firstIndex { $0.name == name }.flatMap { columns[$0] })
    }
    for (index, column) in mapping.columns.enumerated() {
      guard case .total = column.origin else { continue }
      columns[index] = try totalColumn(column)
    }
    for (index, column) in mapping.columns.enumerated() {
      guard case .zone(let name) = column.origin else { continue }
      let instants = mapping.columns.firstIndex { $0.name == name }.flatMap { columns[$0] }
      columns[index] = try offsetColumn(column, instants: instants)
    }
    var batch = RecordBatch(columns: columns.compactMap { $0 }, count: count)
    batch.droppedCount = droppedCount
    batch.emptyCount = emptyCount
    return batch
  }

  /// Converts local dates and times of day, in seconds since midnight; NULL where either is.
  private func instants(of midnights: RecordBatch.Column, at times: RecordBatch.Column?) -> RecordBatch.Column {
    guard case .integer(let seconds) = midnights.values, case .integer(let clocks)? = times?.values, let utcOffset = context.utcOffset
    else { return midnights }
    var made = midnights
    made.values = .integer(zip(seconds, clocks).map { midnight, clock in CivilZone.earliestInstant(local: midnight + clock) { Int64(utcOffset($0)) } })
    if let unknown = times?.isNull { made.isNull = zip(unknown, made.isNull ?? unknown).map { $0 || $1 } }
    return made
  }

  /// Converts local times with the offsets at other instants; NULL where those are.
  private func instants(of local: RecordBatch.Column, withOffsetsAt others: RecordBatch.Column?) -> RecordBatch.Column {
    guard case .integer(let seconds) = local.values, case .integer(let instants)? = others?.values, let utcOffset = context.utcOffset
    else { return local }
    var made = local
    made.values = .integer(zip(seconds, instants).map { $0 - Int64(utcOffset($1)) })
    if let unknown = others?.isNull { made.isNull = zip(unknown, made.isNull ?? unknown).map { $0 || $1 } }
    return made
  }

  /// The same sum in every row.
  private func totalColumn(_ column: MappedColumn) throws -> RecordBatch.Column {
    let total = totals[column.name]
    let isNull = total == nil && count > 0 ? [Bool](repeating: true, count: count) : nil
    guard column.kind != .real else {
      return RecordBatch.Column(name: column.name, values: .real([Double](repeating: total ?? 0, count: count)), isNull: isNull)
    }
    guard let whole = Int64(exactly: (total ?? 0).rounded(.toNearestOrAwayFromZero)) else {
      throw ExtractionError(pointer: "", found: "the sum \(total ?? 0) for column '\(column.name)'", expected: "one that fits 64 bits")
    }
    return RecordBatch.Column(name: column.name, values: .integer([Int64](repeating: whole, count: count)), isNull: isNull)
  }

  /// The same value in every row.
  private func attributeColumn(_ column: MappedColumn) throws -> RecordBatch.Column {
    var column = column
    column.acceptsText = true
    var builder = try ColumnBuilder(column, context)
    let value = context.attributeValues[column.name] ?? ""
    let invalid = flow_json_cell.lending(value, emptyIsNull: true) { cell in
      withUnsafePointer(to: cell) { builder.append(UnsafeBufferPointer(start: $0, count: 1)) }
    }
    if let invalid {
      throw ExtractionError(
        pointer: "", found: "the value '\(value)' for column '\(column.name)'", expected: invalid.expected)
    }
    return builder.column(repeated: count)
  }

  private func offsetColumn(_ column: MappedColumn, instants: RecordBatch.Column?) throws -> RecordBatch.Column {
    guard let instants, case .integer(let seconds) = instants.values else {
      preconditionFailure("the plan has checked that column '\(column.name)' names an instant column")
    }
    guard let utcOffset = context.utcOffset else {
      if column.isRequired {
        throw ExtractionError(
          pointer: "", found: "no time zone for column '\(column.name)'", expected: "the participant's zone")
      }
      let nulls = [Bool](repeating: true, count: count)
      return RecordBatch.Column(
        name: column.name, values: .integer([Int64](repeating: 0, count: count)), isNull: count > 0 ? nulls : nil)
    }
    var reader = OffsetReader(utcOffset)
    let isNull = instants.isNull
    let offsets = seconds.indices.map { isNull?[$0] == true ? 0 : reader.offset(at: seconds[$0]) }
    return RecordBatch.Column(name: column.name, values: .integer(offsets), isNull: isNull)
  }
}
