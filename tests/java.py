"""Java as the tests of Spark want it."""

#: It starts once and is gone within a minute, before its second compiler would pay.
FOR_A_MINUTE = ("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
