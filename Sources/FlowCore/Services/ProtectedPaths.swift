/// The files that a run rests on: its state, its error entries, its batch folder, databases in files, folders of raw responses and of object storages.
/// Processors of files neither read nor replace them, whatever a flow or an attribute says.
///
/// A value of the run (`SharedValues`); without one nothing is protected. `Resolved` blocks.
package struct ProtectedPaths: Sendable {
  package struct Entry: Sendable, Equatable {
    /// Such as "the error folder".
    package var subject: String
    package var path: String
    /// What ends its name belongs to it too, such as the log of a database.
    package var suffixes: [String]
    /// What to do about a path of the flow that belongs to it.
    package var remedy: String

    package init(_ subject: String, path: String, suffixes: [String] = [], remedy: String = "name a folder of the flow's own") {
      self.subject = subject
      self.path = path
      self.suffixes = suffixes
      self.remedy = remedy
    }
  }

  package var entries: [Entry]

  package init(_ entries: [Entry] = []) { self.entries = entries }

  /// The entries with their places, for several questions at once.
  package struct Resolved: Sendable {
    private let places: [(place: String, entry: Entry)]

    /// - Throws: `FileSystemError`.
    package init(_ paths: ProtectedPaths, _ fileSystem: any FileSystem) throws {
      var places: [(String, Entry)] = []
      for entry in paths.entries {
        // A link is protected, and what it leads to.
        for place in Set([try fileSystem.place(of: entry.path), try fileSystem.resolved(entry.path)].compactMap { $0 }) {
          places += ([""] + entry.suffixes).map { (place + $0, entry) }
        }
      }
      self.places = places
    }

    package var isEmpty: Bool { places.isEmpty }

    /// The entry that a place belongs to, itself or as something within it; nil if none.
    /// - Parameter place: as `FileSystem.place(of:)` gives it.
    package func owner(of place: String) -> Entry? {
      places.first { place == $0.place || place.hasPrefix($0.place == "/" ? "/" : $0.place + "/") }?.entry
    }
  }

  /// Throws `ProcessorError` (`bad_request`) if a path belongs to an entry, `FileSystemError` if it cannot be resolved.
  package func check(_ path: String, _ fileSystem: any FileSystem) throws {
    if entries.isEmpty { return }
    guard let owner = try Resolved(self, fileSystem).owner(of: try fileSystem.place(of: path)) else { return }
    throw Self.refusal(of: path, owner)
  }

  package static func refusal(of path: String, _ owner: Entry) -> ProcessorError {
    ProcessorError(
      .badRequest, "'\(path)' belongs to \(owner.subject) '\(owner.path)', which this run rests on; expected a file elsewhere; \(owner.remedy)")
  }
}

extension RuntimeEnvironment {
  package var protectedPaths: ProtectedPaths { shared.value { ProtectedPaths() } }
}

extension FileSystem {
  /// Where a path leads, from the root on: without links on its way, `.` and `..`. Its last name is not followed, and need not exist; nor need its
  /// folders: a folder that is to be made is no link, so that `..` after it leads back to where it is made. Blocks; throws `FileSystemError`.
  package func place(of path: String) throws -> String {
    let root = path.hasPrefix("/") ? "/" : "."
    let parts = path.split(separator: "/").filter { $0 != "." }
    guard let last = parts.last else { return try resolved(root) ?? "/" }
    // Mostly all folders are there: then the system is asked once.
    if last != "..", let folder = try resolved(parts.count == 1 ? root : (root == "/" ? "/" : "") + parts.dropLast().joined(separator: "/")) {
      return folder.appending(name: last)
    }
    var place = try resolved(root) ?? "/"
    for (number, part) in parts.enumerated() {
      if part == ".." {
        place = place.lastIndex(of: "/").map { $0 == place.startIndex ? "/" : String(place[..<$0]) } ?? "/"
        continue
      }
      place = place.appending(name: part)
      if number < parts.count - 1, let folder = try resolved(place) { place = folder }
    }
    return place
  }
}

extension String {
  /// The path of a name in the folder at this path.
  fileprivate func appending(name: Substring) -> String { self == "/" ? "/" + name : self + "/" + name }
}
