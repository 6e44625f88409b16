import FuzzDriver
import FuzzEntries

_ = FuzzDriver.run { bytes, count in
    RecordsFuzzEntries.codecs(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
