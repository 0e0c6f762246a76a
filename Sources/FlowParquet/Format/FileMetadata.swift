import FlowCore

/// The end of a file, which describes it (parquet.thrift, `FileMetaData`).
struct FileMetadata {
  var columns: [ParquetColumn]
  var metadata: [(key: String, value: String)]
  var rowGroups: [RowGroup] = []

  /// A row group as it is in the file.
  struct RowGroup {
    var rowCount: Int64
    var chunks: [Chunk]
  }

  /// A column chunk as it is in the file.
  struct Chunk {
    var rowCount: Int64
    var nullCount: Int64
    var bounds: ValueBounds
    /// Where it begins in the file: its dictionary if it has one, otherwise its first page.
    var offset: Int64
    var dictionaryPage: Size?
    var pages: Size
    /// The number of data pages by encoding.
    var pageCounts: [(encoding: PageEncoding, count: Int)]

    var uncompressedCount: Int64 { pages.uncompressed + (dictionaryPage?.uncompressed ?? 0) }
    var compressedCount: Int64 { pages.compressed + (dictionaryPage?.compressed ?? 0) }

    mutating func count(_ encoding: PageEncoding) {
      if let index = pageCounts.firstIndex(where: { $0.encoding == encoding }) {
        pageCounts[index].count += 1
      } else {
        pageCounts.append((encoding, 1))
      }
    }
  }

  /// Bytes of pages with their headers.
  struct Size {
    var uncompressed: Int64 = 0
    var compressed: Int64 = 0

    mutating func add(_ page: EncodedPage) {
      uncompressed += Int64(page.uncompressedCount)
      compressed += Int64(page.bytes.count)
    }
  }

  var bytes: [UInt8] {
    CompactWriter.structure { file in
      // Whatever the encodings are: nothing else is read by all.
      file.field(1, Int32(1))
      file.field(2, list: [nil] + columns.map(Optional.some), of: .structure) { $0.element(schemaElement($1)) }
      file.field(3, rowGroups.reduce(0) { $0 + $1.rowCount })
      file.field(4, list: Array(rowGroups.enumerated()), of: .structure) { $0.element(rowGroup($1.element, number: $1.offset)) }
      if !metadata.isEmpty {
        file.field(5, list: metadata, of: .structure) { list, entry in
          list.element {
            $0.field(1, entry.key)
            $0.field(2, entry.value)
          }
        }
      }
      file.field(6, "flowrun version \(Version.text)")
      // TypeDefinedOrder: without an order, readers ignore the bounds.
      file.field(7, list: columns, of: .structure) { list, _ in list.element { $0.field(1) { _ in } } }
    }
  }

  /// - Parameter column: nil for the root.
  private func schemaElement(_ column: ParquetColumn?) -> (inout CompactWriter) -> Void {
    { element in
      guard let column else {
        element.field(4, "schema")
        element.field(5, Int32(columns.count))
        return
      }
      element.field(1, column.kind.physicalType.rawValue)
      element.field(3, Int32(column.isRequired ? 0 : 1))
      element.field(4, column.name)
      if let converted = column.kind.convertedType { element.field(6, converted) }
      if let logical = column.kind.logicalType { element.field(10, logical) }
    }
  }

  private func rowGroup(_ group: RowGroup, number: Int) -> (inout CompactWriter) -> Void {
    { element in
      element.field(1, list: Array(zip(columns, group.chunks)), of: .structure) { list, pair in
        list.element { chunk in
          // The description of the chunk is nowhere else.
          chunk.field(2, Int64(0))
          chunk.field(3, columnMetadata(pair.0, pair.1))
        }
      }
      element.field(2, group.chunks.reduce(0) { $0 + $1.uncompressedCount })
      element.field(3, group.rowCount)
      if let first = group.chunks.first { element.field(5, first.offset) }
      element.field(6, group.chunks.reduce(0) { $0 + $1.compressedCount })
      if let number = Int16(exactly: number) { element.field(7, number) }
    }
  }

  private func columnMetadata(_ column: ParquetColumn, _ chunk: Chunk) -> (inout CompactWriter) -> Void {
    { element in
      let encodings = Set(chunk.pageCounts.map(\.encoding.rawValue) + [PageEncoding.runLength.rawValue] + (chunk.dictionaryPage == nil ? [] : [PageEncoding.plain.rawValue]))
      element.field(1, column.kind.physicalType.rawValue)
      element.field(2, list: encodings.sorted(), of: .integer32) { $0.element($1) }
      element.field(3, list: [column.name], of: .binary) { $0.element(Array($1.utf8)) }
      // ZSTD.
      element.field(4, Int32(6))
      element.field(5, chunk.rowCount)
      element.field(6, chunk.uncompressedCount)
      element.field(7, chunk.compressedCount)
      element.field(9, chunk.offset + (chunk.dictionaryPage?.compressed ?? 0))
      if chunk.dictionaryPage != nil { element.field(11, chunk.offset) }
      element.field(12, statistics(chunk))
      let pages = (chunk.dictionaryPage == nil ? [] : [(Int32(2), PageEncoding.plain, 1)]) + chunk.pageCounts.map { (Int32(0), $0.encoding, $0.count) }
      element.field(13, list: pages, of: .structure) { list, pages in
        list.element {
          $0.field(1, pages.0)
          $0.field(2, pages.1.rawValue)
          $0.field(3, Int32(pages.2))
        }
      }
    }
  }

  private func statistics(_ chunk: Chunk) -> (inout CompactWriter) -> Void {
    { element in
      element.field(3, chunk.nullCount)
      if let largest = chunk.bounds.largest { element.field(5, largest) }
      if let least = chunk.bounds.least { element.field(6, least) }
      if chunk.bounds.largest != nil { element.field(7, chunk.bounds.isLargestExact) }
      if chunk.bounds.least != nil { element.field(8, chunk.bounds.isLeastExact) }
      if let nanCount = chunk.bounds.nanCount { element.field(9, nanCount) }
    }
  }
}
