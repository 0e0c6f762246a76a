import StudyWeb
