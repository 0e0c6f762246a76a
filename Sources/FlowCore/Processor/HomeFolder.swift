/// `~` at the beginning of a path: a shell makes the home folder of it, and only without quotes; to every program it is a folder of that
/// name.
package enum HomeFolder {
  package static func isUnexpanded(_ path: String) -> Bool {
    guard path.hasPrefix("~") else { return false }
    return path == "~" || path.contains("/")
  }

  package static let expected = "the folder written out: \"$HOME/…\" on a command line, /home/NAME/… in a file"
  package static let hint = "'~' would be a folder of that name here; if there is one, write './~/…'"
}
