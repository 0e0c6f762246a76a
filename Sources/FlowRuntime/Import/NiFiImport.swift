import FlowCore
import FlowDefinition
import FlowImport

/// Imports NiFi's files as flow files of this program.
package enum NiFiImport {
  /// EFBIG, on Linux and macOS: what `read(_:limitBytes:)` throws for a file beyond the limit.
  private static let tooLarge: Int32 = 27

  /// Reads a file, and makes a flow file and a report of it. Blocks.
  ///
  /// Throws `FileSystemError` if the file does not exist or cannot be read, and `Diagnostics` if it is refused.
  package static func flow(_ path: String, fileSystem: any FileSystem) throws -> ImportedFlow {
    if let status = try fileSystem.status(path), status.isRegularFile, status.sizeBytes > ImportLimits.bytes {
      throw Diagnostics([
        Diagnostic(
          .tooLargeToImport, file: path, found: "the file has \(status.sizeBytes) bytes", expected: "at most \(ImportLimits.bytes)",
          hint: "download one process group at a time")
      ])
    }
    let bytes: [UInt8]
    do {
      bytes = try fileSystem.read(path, limitBytes: ImportLimits.bytes)
    } catch let error as FileSystemError where error.errno == tooLarge {
      // What has no size, such as a pipe, is found to be too large by reading it.
      throw Diagnostics([
        Diagnostic(
          .tooLargeToImport, file: path, found: "the file has more than \(ImportLimits.bytes) bytes", expected: "at most so many", hint: "download one process group at a time")
      ])
    }
    do throws(Diagnostic) {
      return try FlowImporter.imported(bytes) { problems(of: $0, fileSystem) }
    } catch {
      throw Diagnostics([error.at(Diagnostic.Place(file: path))])
    }
  }

  /// The importer checks expressions itself, also where a type is not known.
  private static let ownCodes: Set<DiagnosticCode> = [.expressionSyntax, .unknownFunction, .unsuitableArgument]

  private static func problems(of yaml: [UInt8], _ fileSystem: any FileSystem) -> [Diagnostic] {
    let result = FlowCatalog.loader(on: .here(fileSystem)).load(bytes: yaml, file: "flow.yaml", environment: { _ in "unset" })
    guard case .failure(let problems) = result else { return [] }
    return problems.all.filter { !ownCodes.contains($0.code) }
  }
}
