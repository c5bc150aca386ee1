"""The tools: check, coverage, suggested sites, markers."""

import json
from pathlib import Path

from qgis.core import (
    QgsFeature,
    QgsField,
    QgsFields,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
    QgsProcessingUtils,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QVariant

from .command import call_geoplan
from .study_folder import StudyFolder, hand_back
from .words import say

POINTS = [QgsProcessing.TypeVectorPoint]
LINES = [QgsProcessing.TypeVectorLine]
AREAS = [QgsProcessing.TypeVectorPolygon]
_FINDINGS = ("file", "row", "column", "value", "problem", "advice", "severity")


class GeoplanTool(QgsProcessingAlgorithm):
    """What all tools have in common: names, help, layers in, layers out."""

    key = ""

    def createInstance(self):
        """A new one for every call."""
        return type(self)()

    def name(self):
        """The id after ``geoplan:``."""
        return self.key

    def displayName(self):
        """What the toolbox shows."""
        return say(self.key)

    def group(self):
        """The heading in the toolbox."""
        return say("group")

    def groupId(self):
        """The heading's id."""
        return "planning"

    def shortHelpString(self):
        """The text beside the parameters."""
        return say(f"{self.key}_help")

    def layer(self, name, kinds, *, optional=False):
        """Add a layer that is asked for."""
        self.addParameter(
            QgsProcessingParameterFeatureSource(name, say(name), kinds, optional=optional)
        )

    def number(self, name, default, *, least=0.0, whole=False):
        """Add a number that is asked for."""
        kind = QgsProcessingParameterNumber
        self.addParameter(
            kind(name, say(name), kind.Integer if whole else kind.Double, default, False, least)
        )

    def result(self, name):
        """Add a layer that is given back."""
        self.addParameter(QgsProcessingParameterFeatureSink(name, say(name), optional=True))

    def common(self):
        """The CRS, and the folder of all results."""
        self.addParameter(QgsProcessingParameterCrs("CRS", say("CRS"), "ProjectCrs"))
        self.addParameter(
            QgsProcessingParameterFolderDestination("FOLDER", say("FOLDER"), optional=True)
        )

    def folder(self, parameters, context):
        """Where the study and its run are written: a temporary folder where none is given."""
        given = self.parameterAsString(parameters, "FOLDER", context)
        return Path(given or QgsProcessingUtils.generateTempFilename("geoplan"))

    def study(self, parameters, context):
        """An empty study in the CRS that was chosen."""
        crs = self.parameterAsCrs(parameters, "CRS", context)
        return StudyFolder(self.folder(parameters, context) / "study", crs, context)

    def written(self, study, name, file, parameters, context):
        """Write the layer of a parameter into the study; the file's name, "" where not given."""
        source = self.parameterAsSource(parameters, name, context)
        return "" if source is None else study.add_layer(source, file)

    def run_study(self, study, feedback):
        """Run a study; the run's folder."""
        out = study.folder.parent / "results"
        call_geoplan(["run", study.write(), "--out", out], feedback)
        return out


class ReachTool(GeoplanTool):
    """A tool about people who reach sites along streets."""

    def ask(self):
        """Add the layers and numbers of the service."""
        self.layer("DEMAND", POINTS)
        self.addParameter(
            QgsProcessingParameterField(
                "PEOPLE",
                say("PEOPLE"),
                parentLayerParameterName="DEMAND",
                type=QgsProcessingParameterField.Numeric,
            )
        )
        self.layer("SITES", POINTS)
        self.addParameter(
            QgsProcessingParameterField(
                "CAPACITY",
                say("CAPACITY"),
                parentLayerParameterName="SITES",
                type=QgsProcessingParameterField.Numeric,
                optional=True,
            )
        )
        self.layer("ROADS", LINES)
        self.layer("AREAS", AREAS, optional=True)
        self.number("THRESHOLD", 1000.0, least=1.0)
        self.addParameter(QgsProcessingParameterBoolean("SPLIT", say("SPLIT"), True))
        self.common()

    def reach_study(self, parameters, context, siting=None):
        """The study of one service, and of new sites where `siting` asks for them."""
        study = self.study(parameters, context)
        areas = self.written(study, "AREAS", "areas", parameters, context)
        if areas:
            study.section("areas.district", path=areas)
        split = self.parameterAsBool(parameters, "SPLIT", context)
        study.section(
            "network.walk",
            path=self.written(study, "ROADS", "roads", parameters, context),
            split="touching" if split else "ends",
        )
        study.section(
            "demand.people",
            path=self.written(study, "DEMAND", "people", parameters, context),
            weight=self.parameterAsString(parameters, "PEOPLE", context),
        )
        capacity = self.parameterAsString(parameters, "CAPACITY", context)
        threshold = self.parameterAsDouble(parameters, "THRESHOLD", context)
        standard = {"mode": "walk", "threshold_m": threshold}
        if capacity:
            standard["capacity_limits"] = True
        service = {
            "name": say("name"),
            "name_en": say("name"),
            "path": self.written(study, "SITES", "sites", parameters, context),
            "demand": "people",
            "standard": standard,
        }
        if capacity:
            service["columns"] = {"capacity": capacity}
        if siting:
            service["siting"] = siting
        study.section("services.sites_asked", **service)
        return study

    def share(self, run, after=False):
        """The covered share that the run's summary says."""
        summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
        service = summary["services"]["sites_asked"]
        if not after:
            return service["covered_share"]
        people = service["siting"]["people_after"]
        return people["served"] / people["total"] if people["total"] else 0.0

    def given_back(self, run, names, parameters, context):
        """The layers of the run in the tool's outputs, by output."""
        found = {}
        for output, layer in names.items():
            target, _ = hand_back(self, run, f"sites_asked_{layer}", output, parameters, context)
            if target is not None:
                found[output] = target
        return found


class Check(ReachTool):
    """Doubts about people, sites and roads, as a table."""

    key = "check"

    def initAlgorithm(self, config=None):
        """Parameters and outputs."""
        self.ask()
        self.result("FINDINGS")

    def processAlgorithm(self, parameters, context, feedback):
        """Run ``geoplan check`` and give its findings back."""
        study = self.reach_study(parameters, context)
        text = call_geoplan(["check", study.write(), "--json"], feedback, good=(0, 1))
        findings = json.loads(text)["findings"]
        fields = QgsFields()
        for name in _FINDINGS:
            fields.append(QgsField(name, QVariant.String))
        sink, target = self.parameterAsSink(
            parameters, "FINDINGS", context, fields, QgsWkbTypes.NoGeometry
        )
        for finding in findings:
            feature = QgsFeature(fields)
            values = [finding.get(name) for name in _FINDINGS]
            feature.setAttributes(["" if v is None else str(v) for v in values])
            if sink is not None:
                sink.addFeature(feature)
            feedback.pushInfo(" | ".join(map(str, values)))
        return {"FINDINGS": target, "FOLDER": str(study.folder.parent)}


class Coverage(ReachTool):
    """Who is served, who is not, and what each site reaches."""

    key = "coverage"

    def initAlgorithm(self, config=None):
        """Parameters and outputs."""
        self.ask()
        for name in ("STATES", "GAPS", "REACH"):
            self.result(name)
        self.addOutput(QgsProcessingOutputNumber("SHARE", say("SHARE")))

    def processAlgorithm(self, parameters, context, feedback):
        """Run the study and give its layers back."""
        run = self.run_study(self.reach_study(parameters, context), feedback)
        names = {"STATES": "demand", "GAPS": "gaps", "REACH": "reach_sites"}
        found = self.given_back(run, names, parameters, context)
        return {**found, "SHARE": self.share(run), "FOLDER": str(run)}


class SuggestSites(ReachTool):
    """Where new sites serve most people."""

    key = "suggest"

    def initAlgorithm(self, config=None):
        """Parameters and outputs."""
        self.ask()
        self.number("COUNT", 5, least=1, whole=True)
        self.number("SECONDS", 60.0, least=1.0)
        for name in ("NEW_SITES", "GAPS", "STATES"):
            self.result(name)
        self.addOutput(QgsProcessingOutputNumber("SHARE", say("SHARE")))

    def processAlgorithm(self, parameters, context, feedback):
        """Run the study with its siting and give the layers back."""
        siting = {
            "objective": "max_coverage",
            "sites": self.parameterAsInt(parameters, "COUNT", context),
            "candidates": "network",
            "time_limit_s": self.parameterAsDouble(parameters, "SECONDS", context),
            "robustness": 0,
        }
        run = self.run_study(self.reach_study(parameters, context, siting), feedback)
        names = {"NEW_SITES": "sites", "GAPS": "gaps", "STATES": "demand"}
        found = self.given_back(run, names, parameters, context)
        return {**found, "SHARE": self.share(run, after=True), "FOLDER": str(run)}


class Markers(GeoplanTool):
    """The spacing of markers along lines, and the fewest further ones."""

    key = "markers"

    def initAlgorithm(self, config=None):
        """Parameters and outputs."""
        self.layer("LINES", LINES)
        self.layer("MARKERS", POINTS)
        self.number("SPACING", 500.0, least=1.0)
        self.number("TOLERANCE", 30.0, least=0.0)
        self.common()
        for name in ("STRETCHES", "NEW_MARKERS"):
            self.result(name)

    def processAlgorithm(self, parameters, context, feedback):
        """Run a study of markers alone and give its layers back."""
        study = self.study(parameters, context)
        study.section(
            "services.boundary_marker",
            path=self.written(study, "MARKERS", "markers", parameters, context),
            lines=self.written(study, "LINES", "lines", parameters, context),
            standard={
                "max_spacing_m": self.parameterAsDouble(parameters, "SPACING", context),
                "tolerance_m": self.parameterAsDouble(parameters, "TOLERANCE", context),
            },
            siting={"objective": "min_sites"},
        )
        run = self.run_study(study, feedback)
        names = {"STRETCHES": "stretches", "NEW_MARKERS": "sites"}
        found = {"FOLDER": str(run)}
        for output, layer in names.items():
            name = f"boundary_marker_{layer}"
            target, _ = hand_back(self, run, name, output, parameters, context)
            if target is not None:
                found[output] = target
        return found


ALGORITHMS = (Check, Coverage, SuggestSites, Markers)
