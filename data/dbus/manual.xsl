<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: LGPL-2.1-or-later
     Adds to what gdbus-codegen writes of an interface what a manual page needs beside it. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:template match="@*|node()">
    <xsl:copy>
      <xsl:apply-templates select="@*|node()"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="refmeta">
    <refmeta>
      <refentrytitle><xsl:value-of select="refentrytitle"/></refentrytitle>
      <manvolnum>5</manvolnum>
      <refmiscinfo class="source">toolboxd</refmiscinfo>
      <refmiscinfo class="manual">D-Bus interfaces</refmiscinfo>
    </refmeta>
  </xsl:template>

  <!-- Quotes in a title become a broken argument of a macro. -->
  <xsl:template match="title/text()">
    <xsl:value-of select="translate(., '&quot;', '')"/>
  </xsl:template>
</xsl:stylesheet>
