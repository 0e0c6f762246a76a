import FlowCore

/// A file tree in two states: current, and as it would be after a power cut. A plain value.
struct DurableTree {
  static let root = 0

  /// A change to a folder's names that no fsync has made durable. Changes become durable only in order.
  private enum Change {
    case added(String, Int)
    case removed(String)
    case renamed(String, String, Int)
  }

  private struct Node {
    var isFolder: Bool
    var mode: UInt32
    /// For a file: its durable bytes, and whether it has been written since.
    var bytes: [UInt8] = []
    var isTouched = false
    /// For a folder.
    var names: [String: Int] = [:]
    var durableNames: [String: Int] = [:]
    var changes: [Change] = []
  }

  struct Survivor {
    var path: String
    var isFolder: Bool
    var bytes: [UInt8]
    var mode: UInt32
  }

  private var nodes: [Int: Node] = [root: Node(isFolder: true, mode: 0o700)]
  private var open: [Int32: Int] = [:]

  // MARK: Changes

  mutating func addDurable(_ name: String, to folder: Int, isFolder: Bool, bytes: [UInt8], mode: UInt32) -> Int {
    let node = nodes.count
    nodes[node] = Node(isFolder: isFolder, mode: mode, bytes: bytes)
    nodes[folder]?.names[name] = node
    nodes[folder]?.durableNames[name] = node
    return node
  }

  /// Does nothing if the file exists.
  mutating func create(_ path: String, mode: UInt32) { _ = add(path, isFolder: false, mode: mode) }

  /// Creates missing parent folders too.
  mutating func makeFolder(_ path: String) {
    if path.isEmpty || node(path) != nil { return }
    makeFolder(Self.split(path).folder)
    _ = add(path, isFolder: true, mode: 0o700)
  }

  private mutating func add(_ path: String, isFolder: Bool, mode: UInt32) -> Int? {
    if let node = node(path) { return node }
    let (folder, name) = Self.split(path)
    guard let parent = node(folder) else { return nil }
    let node = nodes.count
    nodes[node] = Node(isFolder: isFolder, mode: mode)
    nodes[parent]?.names[name] = node
    nodes[parent]?.changes.append(.added(name, node))
    return node
  }

  mutating func touch(_ path: String) {
    if let node = node(path) { nodes[node]?.isTouched = true }
  }
  mutating func touch(_ descriptor: Int32) {
    if let node = open[descriptor] { nodes[node]?.isTouched = true }
  }
  mutating func opened(_ descriptor: Int32, _ path: String) { open[descriptor] = node(path) }
  mutating func closed(_ descriptor: Int32) { open[descriptor] = nil }

  mutating func rename(_ source: String, _ destination: String) {
    let (folder, name) = Self.split(source), (target, newName) = Self.split(destination)
    precondition(folder == target, "a rename between folders is not durable in one step: \(source) to \(destination)")
    guard let parent = node(folder), let node = nodes[parent]?.names.removeValue(forKey: name) else { return }
    nodes[parent]?.names[newName] = node
    nodes[parent]?.changes.append(.renamed(name, newName, node))
  }

  mutating func remove(_ path: String) {
    let (folder, name) = Self.split(path)
    guard let parent = node(folder), nodes[parent]?.names.removeValue(forKey: name) != nil else { return }
    nodes[parent]?.changes.append(.removed(name))
  }

  /// - Parameter content: returns the current content of a file.
  mutating func synchronize(_ descriptor: Int32, _ content: (String) throws -> [UInt8]) rethrows {
    guard let node = open[descriptor] else { return }
    if let folder = nodes[node], folder.isFolder {
      nodes[node]?.durableNames = folder.names
      nodes[node]?.changes = []
    } else if let path = path(of: node) {
      nodes[node]?.bytes = try content(path)
      nodes[node]?.isTouched = false
    }
  }

  // MARK: The power cut

  /// The surviving files, with folders before their content.
  func crash(_ dice: SeededRandomSource, _ content: (String) throws -> [UInt8]) rethrows -> [Survivor] {
    var survivors: [Survivor] = []
    try survive(Self.root, "", dice, content, &survivors)
    return survivors
  }

  private func survive(
    _ folder: Int, _ path: String, _ dice: SeededRandomSource, _ content: (String) throws -> [UInt8], _ survivors: inout [Survivor]
  ) rethrows {
    guard let names = nodes[folder].map({ Self.survivingNames($0, dice) }) else { return }
    for (name, child) in names.sorted(by: { $0.key < $1.key }) {
      guard let node = nodes[child] else { continue }
      let childPath = path.isEmpty ? name : "\(path)/\(name)"
      let bytes = node.isFolder ? [] : try survivingBytes(child, node, dice, content)
      survivors.append(Survivor(path: childPath, isFolder: node.isFolder, bytes: bytes, mode: node.mode))
      if node.isFolder { try survive(child, childPath, dice, content, &survivors) }
    }
  }

  /// A random number of changes, in order, reached the disk.
  private static func survivingNames(_ folder: Node, _ dice: SeededRandomSource) -> [String: Int] {
    let count = Int(dice.next() % UInt64(folder.changes.count + 1))
    return folder.changes.prefix(count).reduce(into: folder.durableNames) { names, change in
      switch change {
      case .added(let name, let node): names[name] = node
      case .removed(let name): names[name] = nil
      case .renamed(let name, let newName, let node):
        names[name] = nil
        names[newName] = node
      }
    }
  }

  /// The old content, the new content, or a prefix of the new content. Of a file that has only grown, the old content stays.
  private func survivingBytes(
    _ number: Int, _ node: Node, _ dice: SeededRandomSource, _ content: (String) throws -> [UInt8]
  ) rethrows -> [UInt8] {
    guard node.isTouched, let path = path(of: number) else { return node.bytes }
    let choice = dice.next() % 3
    if choice == 0 { return node.bytes }
    let bytes = try content(path)
    let kept = bytes.starts(with: node.bytes) ? node.bytes.count : 0
    return choice == 1 ? bytes : Array(bytes.prefix(kept + Int(dice.next() % UInt64(bytes.count - kept + 1))))
  }

  // MARK: Paths

  private func node(_ path: String) -> Int? {
    path.split(separator: "/").reduce(Self.root) { folder, name in folder.flatMap { nodes[$0]?.names[String(name)] } }
  }

  private func path(of node: Int) -> String? {
    if node == Self.root { return "" }
    for (number, folder) in nodes {
      guard folder.isFolder, let name = folder.names.first(where: { $0.value == node })?.key, let above = path(of: number) else { continue }
      return above.isEmpty ? name : "\(above)/\(name)"
    }
    return nil
  }

  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return ("", path) }
    return (String(path[..<slash]), String(path[path.index(after: slash)...]))
  }
}
