/// Detects a leading `~`. Only a shell expands it, and only without quotes; to a program it is an ordinary folder name.
package enum HomeFolder {
  package static func isUnexpanded(_ path: String) -> Bool {
    guard path.hasPrefix("~") else { return false }
    return path == "~" || path.contains("/")
  }

  package static let expected = "the folder written out: \"$HOME/…\" on a command line, /home/NAME/… in a file"
  package static let hint = "'~' would be a folder of that name here; if there is one, write './~/…'"
}
