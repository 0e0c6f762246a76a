import FlowCompression

/// Encodes a column, one column chunk after the other, page by page: it keeps the pages of a chunk, and the values of one page.
///
/// Instants are differences (DELTA_BINARY_PACKED) in pages that suit it, and PLAIN in others. Everything else begins with a dictionary, decided for each chunk page by page: while what
/// a page adds to the dictionary, and its indices, are fewer bytes than its values with PLAIN, it is written so. From the first page on that
/// is not, or with which the dictionary would have more than `PageLimits.dictionaryEntries` entries or `dictionaryBytes`, the rest of the
/// chunk is PLAIN. Pages that were written stay as they are.
protocol ColumnChunk {
  /// Takes the rows of a batch. Throws `Zstandard.Failure` for lack of memory.
  mutating func append(_ column: PreparedColumn, rows: Range<Int>, _ compressor: Zstandard.FrameCompressor) throws
  /// Ends the chunk; the next row begins another. Throws as `append` does.
  mutating func end(_ compressor: Zstandard.FrameCompressor) throws -> EncodedChunk
}

struct EncodedChunk {
  var rowCount: Int64
  var nullCount: Int64
  var bounds: ValueBounds
  var dictionaryPage: EncodedPage?
  var pages: [EncodedPage]
}

extension ParquetColumn {
  /// An encoder of the column, before its first row.
  var chunk: any ColumnChunk {
    switch kind {
    case .integer32, .date: ValueChunk(IntegerValues(width: 4), isRequired: isRequired, encoding: .dictionary)
    case .integer64: ValueChunk(IntegerValues(width: 8), isRequired: isRequired, encoding: .dictionary)
    case .instant: ValueChunk(IntegerValues(width: 8, areInstants: true), isRequired: isRequired, encoding: .deltaBinaryPacked)
    case .real: ValueChunk(RealValues(), isRequired: isRequired, encoding: .dictionary)
    case .text: ValueChunk(TextValues(), isRequired: isRequired, encoding: .dictionary)
    }
  }
}

private struct ValueChunk<Values: ColumnValues>: ColumnChunk {
  private let isRequired: Bool
  /// With which each chunk begins.
  private let firstEncoding: PageEncoding
  private var encoding: PageEncoding
  private var values: Values
  /// Definition levels of the page's rows: 0 is NULL. Not kept if the column is required.
  private var levels: [UInt32] = []
  private var pageRows = 0
  private var rowCount: Int64 = 0
  private var nullCount: Int64 = 0
  private var pages: [EncodedPage] = []
  /// The content of the page that is made; kept for its memory.
  private var content: [UInt8] = []

  init(_ values: Values, isRequired: Bool, encoding: PageEncoding) {
    self.values = values
    self.isRequired = isRequired
    self.encoding = encoding
    firstEncoding = encoding
  }

  mutating func append(_ column: PreparedColumn, rows: Range<Int>, _ compressor: Zstandard.FrameCompressor) throws {
    var rest = rows
    while !rest.isEmpty {
      let asked = rest.prefix(PageLimits.rows - pageRows)
      let taken = values.append(column, rows: asked)
      noteLevels(column, rest.prefix(taken))
      pageRows += taken
      rest = rest.dropFirst(taken)
      if taken < asked.count || pageRows == PageLimits.rows || values.plainByteCount >= PageLimits.bytes { try endPage(compressor) }
    }
  }

  mutating func end(_ compressor: Zstandard.FrameCompressor) throws -> EncodedChunk {
    if pageRows > 0 { try endPage(compressor) }
    defer {
      encoding = firstEncoding
      (rowCount, nullCount, pages) = (0, 0, [])
    }
    let dictionary = values.dictionary
    var page: EncodedPage?
    if dictionary.count > 0 {
      content.removeAll(keepingCapacity: true)
      dictionary.appendPlain(to: &content)
      page = try self.page(.dictionary(entries: dictionary.count), .plain, compressor)
    }
    return EncodedChunk(rowCount: rowCount, nullCount: nullCount, bounds: values.takeBounds(), dictionaryPage: page, pages: pages)
  }

  private mutating func noteLevels(_ column: PreparedColumn, _ rows: Range<Int>) {
    guard !isRequired else { return }
    guard let isNull = column.isNull else { return levels.append(contentsOf: repeatElement(1, count: rows.count)) }
    for row in rows { levels.append(isNull[row] ? 0 : 1) }
  }

  private mutating func endPage(_ compressor: Zstandard.FrameCompressor) throws {
    values.noteBounds()
    content.removeAll(keepingCapacity: true)
    if !isRequired { appendLevels() }
    let used = appendValues()
    pages.append(try page(.data(rows: pageRows, used), used, compressor))
    rowCount += Int64(pageRows)
    nullCount += Int64(pageRows - values.count)
    pageRows = 0
    levels.removeAll(keepingCapacity: true)
    values.removeValues()
  }

  /// The levels with their length before them, as in pages of version 1.
  private mutating func appendLevels() {
    content.appendLittleEndian(UInt32(0))
    levels.withUnsafeBufferPointer { RunLengthHybrid.append($0, width: 1, to: &content) }
    let length = UInt32(content.count - 4)
    withUnsafeBytes(of: length.littleEndian) { content.replaceSubrange(..<4, with: $0) }
  }

  /// Appends the values that wait; returns how they are encoded.
  private mutating func appendValues() -> PageEncoding {
    switch encoding {
    case .deltaBinaryPacked:
      let start = content.count
      if values.appendDelta(to: &content) { return .deltaBinaryPacked }
      content.removeLast(content.count - start)
    // A page of NULLs says nothing about the next ones.
    case .dictionary where values.count > 0 && appendIndices(): return .dictionary
    case .dictionary where values.count > 0: encoding = .plain
    default: break
    }
    values.appendPlain(to: &content)
    return .plain
  }

  /// false if the values are shorter with PLAIN, or the dictionary would become too large: then nothing was appended.
  private mutating func appendIndices() -> Bool {
    // Numbers, because to keep the dictionary would copy it.
    let (entries, entryBytes) = (values.dictionary.count, values.dictionary.plainByteCount)
    let start = content.count
    if let indices = values.dictionaryIndices() {
      let dictionary = values.dictionary
      // Width 0 is allowed for a single entry, but not every reader knows it.
      let width = max(1, BitPacking.width(of: UInt64(dictionary.count - 1)))
      content.append(UInt8(width))
      indices.withUnsafeBufferPointer { RunLengthHybrid.append($0, width: width, to: &content) }
      if content.count - start + dictionary.plainByteCount - entryBytes < values.plainByteCount { return true }
      content.removeLast(content.count - start)
    }
    values.truncateDictionary(to: entries)
    return false
  }

  /// The page with what is in `content`.
  private func page(_ kind: PageHeader.Kind, _ encoding: PageEncoding, _ compressor: Zstandard.FrameCompressor) throws -> EncodedPage {
    var body: [UInt8] = []
    try compressor.append(frameOf: content, to: &body)
    let header = PageHeader(
      kind: kind, uncompressedCount: content.count, compressedCount: body.count, checksum: CRC32.checksum(of: body)).bytes
    return EncodedPage(bytes: header + body, uncompressedCount: header.count + content.count, encoding: encoding)
  }
}
