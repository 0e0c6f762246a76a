import FlowCore

/// Writes new files of text: flow files, and reports beside them.
package enum FlowTextFile {
  /// A text and the path that it gets.
  package typealias Page = (text: String, path: String)

  /// As many temporary names as are tried for one file.
  private static let names = 100
  private static let alreadyThere: Int32 = 17

  /// Writes a text to a new file in a folder that exists, whole or not at all; false if something has the name already. Blocks. Throws `FileSystemError`.
  package static func write(_ text: String, to file: String, _ fileSystem: any FileSystem) throws -> Bool {
    try write([(text, file)], fileSystem) == nil
  }

  /// Writes texts to new files in folders that exist, all of them or none. Mode 0644, or less by the umask. Blocks.
  ///
  /// No file that was there is changed: temporary files get names that are free.
  ///
  /// - Parameter pages: with paths of different files.
  /// - Returns: nil: they are written; else the first path that something has already, and nothing is left of this call.
  /// - Throws: `FileSystemError`; what this call had written is removed.
  package static func write(_ pages: [Page], _ fileSystem: any FileSystem) throws -> String? {
    for page in pages where try fileSystem.status(page.path) != nil || fileSystem.isSymbolicLink(page.path) { return page.path }
    var written: [String] = []
    do {
      for page in pages { written.append(try create(page, fileSystem)) }
      for (place, page) in pages.enumerated() {
        guard try fileSystem.renameExclusively(written[place], to: page.path) else {
          for path in written { try fileSystem.removeFile(path) }
          return page.path
        }
        written[place] = page.path
      }
    } catch {
      // The first failure is the one to tell; a file that cannot be removed either is on the same file system.
      for path in written { try? fileSystem.removeFile(path) }
      throw error
    }
    return nil
  }

  /// Writes a page under a name that nothing has.
  private static func create(_ page: Page, _ fileSystem: any FileSystem) throws -> String {
    var number = 1
    while true {
      let temporary = page.path + (number == 1 ? ".new" : ".new\(number)")
      do {
        try fileSystem.createDurably(Array(page.text.utf8), at: temporary, mode: 0o644)
        return temporary
      } catch let error as FileSystemError where error.errno == alreadyThere && number < names {
        number += 1
      }
    }
  }
}
