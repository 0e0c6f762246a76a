import FlowCore
import StudyModel

/// The attributes of a slice, used in URLs and mappings.
enum SliceAttributes {
  static let documentation = [
    AttributeDescriptor(AttributeName.dataType, "Data type of the slice."),
    AttributeDescriptor(AttributeName.sliceStart, "Start of the slice, RFC 3339, UTC."),
    AttributeDescriptor(AttributeName.sliceEnd, "End of the slice (exclusive), RFC 3339, UTC."),
    AttributeDescriptor(AttributeName.sliceZone, "Zone of the dates and times below."),
    AttributeDescriptor(AttributeName.sliceDate, "Civil date of the start."),
    AttributeDescriptor(AttributeName.sliceStartTime, "Time of day of the start, HH:mm."),
    AttributeDescriptor(AttributeName.sliceLastDate, "Civil date of the last minute."),
    AttributeDescriptor(AttributeName.sliceLastTime, "Time of day of the last minute, HH:mm."),
    AttributeDescriptor(AttributeName.sliceEndDate, "Civil date after the last minute."),
    AttributeDescriptor(AttributeName.sliceProvisional, "`true` if the answer cannot be final yet."),
  ]

  static func set(on flowFile: inout FlowFile, _ slice: PlannedSlice, dataType: String) throws {
    guard let zone = CivilZone(slice.zone) else {
      throw ProcessorError(.badData, "the slice's zone is '\(slice.zone)'; expected an IANA name such as America/Chicago")
    }
    let lastMinute = slice.end - 60
    let lastDate = zone.date(at: lastMinute)
    flowFile[AttributeName.dataType] = dataType
    flowFile[AttributeName.sliceStart] = Instant(seconds: slice.start).text
    flowFile[AttributeName.sliceEnd] = Instant(seconds: slice.end).text
    flowFile[AttributeName.sliceZone] = slice.zone
    flowFile[AttributeName.sliceDate] = zone.date(at: slice.start).text
    flowFile[AttributeName.sliceStartTime] = zone.timeOfDay(at: slice.start)
    flowFile[AttributeName.sliceLastDate] = lastDate.text
    flowFile[AttributeName.sliceLastTime] = zone.timeOfDay(at: lastMinute)
    flowFile[AttributeName.sliceEndDate] = lastDate.advanced(byDays: 1).text
    flowFile[AttributeName.sliceProvisional] = slice.isProvisional ? "true" : "false"
  }
}
